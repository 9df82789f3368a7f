{{ config(
    materialized='table',
    indexes=[{'name': 'idx_int_usage_by_hour', 'columns': ['ts', 'scope']}],
) }}

with summed as (

    select * from {{ ref('int_usage_summed') }}

),

hour_intensities as (

    select * from {{ ref('int_hour_intensities') }}

),

weighted as (

    select
        {{ as_text('summed.scope') }} as scope,
        {{ as_text(iso('summed.hour_at')) }} as ts,
        {{ as_text('summed.cloud_project_name') }} as cloud_project_name,
        {{ as_text('summed.machine_name') }} as machine_name,
        {{ as_text('summed.user_id') }} as user_id,
        {{ as_real('summed.busy_cpu_seconds_total') }} as busy_cpu_seconds_total,
        {{ as_real('summed.idle_cpu_seconds_total') }} as idle_cpu_seconds_total,
        {{ as_real('summed.busy_kwh') }} as busy_kwh,
        {{ as_real('summed.idle_kwh') }} as idle_kwh,
        {{ as_real('summed.busy_gCo2eq') }} as busy_gCo2eq,
        {{ as_real('summed.idle_gCo2eq') }} as idle_gCo2eq,
        {{ as_real(
            'case when summed.lacks_intensity = 1 then null'
            ~ ' when summed.busy_kwh + summed.idle_kwh > 0'
            ~ ' then (summed.busy_gCo2eq + summed.idle_gCo2eq)'
            ~ ' / (summed.busy_kwh + summed.idle_kwh)'
            ~ ' else hour_intensities.mean_intensity_gCo2eq_kwh end'
        ) }} as intensity_gCo2eq_kwh,
        {{ as_real('summed.covered_kwh') }} as covered_kwh,
        {{ as_real('summed.kwh_low') }} as kwh_low,
        {{ as_real('summed.kwh_high') }} as kwh_high,
        {{ as_real('summed.gCo2eq_low') }} as gCo2eq_low,
        {{ as_real('summed.gCo2eq_high') }} as gCo2eq_high,
        {{ as_real('summed.actual_gCo2eq') }} as actual_gCo2eq,
        {{ as_real('summed.forecast_gCo2eq') }} as forecast_gCo2eq,
        {{ as_real('summed.fallback_gCo2eq') }} as fallback_gCo2eq,
        {{ as_text(
            "case when summed.first_origin = summed.last_origin"
            ~ " then summed.first_origin"
            ~ " when summed.first_origin is not null then 'mixed' end"
        ) }} as intensity_origin,
        {{ as_integer('summed.has_lost_scrapes') }} as has_lost_scrapes,
        {{ as_integer('summed.has_unknown_tail') }} as has_unknown_tail
    from summed
    inner join hour_intensities on summed.hour_at = hour_intensities.hour_at

)

select * from weighted
