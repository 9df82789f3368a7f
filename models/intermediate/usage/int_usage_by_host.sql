{{ config(
    materialized='table',
    indexes=[{'name': 'idx_int_usage_by_host', 'columns': ['ts', 'host']}],
) }}

with charged as (

    select
        *,
        busy_kwh + idle_kwh as kwh,
        busy_gCo2eq + idle_gCo2eq as gCo2eq
    from {{ ref('int_usage_charged') }}

),

summed as (

    select
        charged.hour_at,
        charged.host,
        charged.cloud_project_name,
        charged.machine_name,
        charged.user_id,
        sum(charged.up_seconds) as up_seconds,
        {{ charged_sums('charged') }}
    from charged
    group by
        charged.hour_at,
        charged.host,
        charged.cloud_project_name,
        charged.machine_name,
        charged.user_id

),

by_host as (

    select
        {{ as_text(iso('summed.hour_at')) }} as ts,
        {{ as_text('summed.host') }} as host,
        {{ as_text('summed.cloud_project_name') }} as cloud_project_name,
        {{ as_text('summed.machine_name') }} as machine_name,
        {{ as_text('summed.user_id') }} as user_id,
        {{ as_real('summed.up_seconds') }} as up_seconds,
        {{ as_real('summed.busy_cpu_seconds_total') }} as busy_cpu_seconds_total,
        {{ as_real('summed.idle_cpu_seconds_total') }} as idle_cpu_seconds_total,
        {{ as_real('summed.busy_kwh') }} as busy_kwh,
        {{ as_real('summed.idle_kwh') }} as idle_kwh,
        {{ as_real('summed.busy_gCo2eq') }} as busy_gCo2eq,
        {{ as_real('summed.idle_gCo2eq') }} as idle_gCo2eq,
        {{ as_real('summed.covered_kwh') }} as covered_kwh,
        {{ as_real('summed.kwh_low') }} as kwh_low,
        {{ as_real('summed.kwh_high') }} as kwh_high,
        {{ as_real('summed.gCo2eq_low') }} as gCo2eq_low,
        {{ as_real('summed.gCo2eq_high') }} as gCo2eq_high,
        {{ as_real('summed.actual_gCo2eq') }} as actual_gCo2eq,
        {{ as_real('summed.forecast_gCo2eq') }} as forecast_gCo2eq,
        {{ as_real('summed.fallback_gCo2eq') }} as fallback_gCo2eq,
        {{ as_integer('summed.has_lost_scrapes') }} as has_lost_scrapes,
        {{ as_integer('summed.has_unknown_tail') }} as has_unknown_tail
    from summed

)

select * from by_host
