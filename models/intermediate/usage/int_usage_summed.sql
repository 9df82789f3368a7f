{{ config(materialized='table') }}

with scoped as (

    select
        *,
        busy_kwh + idle_kwh as kwh,
        busy_gCo2eq + idle_gCo2eq as gCo2eq
    from {{ ref('int_usage_scoped') }}

),

summed as (

    select
        scope,
        hour_at,
        cloud_project_name,
        machine_name,
        user_id,
        sum(busy_cpu_seconds) as busy_cpu_seconds_total,
        sum(idle_cpu_seconds) as idle_cpu_seconds_total,
        sum(busy_kwh) as busy_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(kwh_low) as kwh_low,
        sum(kwh_high) as kwh_high,
        coalesce(sum(busy_gCo2eq), 0.0) as busy_gCo2eq,
        coalesce(sum(idle_gCo2eq), 0.0) as idle_gCo2eq,
        coalesce(sum(gCo2eq_low), 0.0) as gCo2eq_low,
        coalesce(sum(gCo2eq_high), 0.0) as gCo2eq_high,
        sum(case when intensity_gCo2eq_kwh is null then 0.0 else kwh end)
            as covered_kwh,
        sum(case intensity_origin when 'actual' then gCo2eq else 0.0 end)
            as actual_gCo2eq,
        sum(case intensity_origin when 'forecast' then gCo2eq else 0.0 end)
            as forecast_gCo2eq,
        sum(case intensity_origin when 'fallback' then gCo2eq else 0.0 end)
            as fallback_gCo2eq,
        min(intensity_origin) as first_origin,
        max(intensity_origin) as last_origin,
        max(has_lost_scrapes) as has_lost_scrapes,
        max(has_unknown_tail) as has_unknown_tail,
        max(case when intensity_gCo2eq_kwh is null and kwh > 0 then 1 else 0 end)
            as lacks_intensity
    from scoped
    group by scope, hour_at, cloud_project_name, machine_name, user_id

)

select * from summed
