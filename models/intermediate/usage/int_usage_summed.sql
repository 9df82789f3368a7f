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
        scoped.scope,
        scoped.hour_at,
        scoped.cloud_project_name,
        scoped.machine_name,
        scoped.user_id,
        {{ charged_sums('scoped') }},
        min(scoped.intensity_origin) as first_origin,
        max(scoped.intensity_origin) as last_origin,
        max(
            case
                when scoped.intensity_gCo2eq_kwh is null and scoped.kwh > 0 then 1
                else 0
            end
        ) as lacks_intensity
    from scoped
    group by
        scoped.scope,
        scoped.hour_at,
        scoped.cloud_project_name,
        scoped.machine_name,
        scoped.user_id

)

select * from summed
