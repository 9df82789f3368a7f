{{ config(
    materialized='table',
    indexes=[{
        'name': 'idx_int_counters_stepped',
        'columns': ['host', 'read_at'],
        'unique': true,
    }],
) }}

with steps as (

    select * from {{ ref('int_steps') }}

),

counters as (

    select
        steps.host,
        steps.read_at,
        closings.sample_value as closing_seconds,
        openings.sample_value as opening_seconds,
        {{ is_idle('series.mode') }} as is_idle,
        case
            when closings.sample_value > openings.sample_value
                then closings.sample_value - openings.sample_value
            else 0.0
        end as grown_seconds
    from steps
    inner join {{ ref('int_series_hosted') }} as series
        on steps.target_id = series.target_id and series.metric = 'cpu_seconds'
    inner join {{ ref('stg_prometheus__samples') }} as closings
        on
            series.series_id = closings.series_id
            and steps.read_at = closings.read_at
    left join {{ ref('int_series_hosted') }} as opening_series
        on
            opening_series.metric = 'cpu_seconds'
            and steps.opening_target_id = opening_series.target_id
            and series.mode = opening_series.mode
    left join {{ ref('stg_prometheus__samples') }} as openings
        on
            opening_series.series_id = openings.series_id
            and steps.opening_read_at = openings.read_at

),

stepped as (

    select
        host,
        read_at,
        {{ as_real('sum(closing_seconds * (1 - is_idle))') }} as busy_closing_seconds,
        {{ as_real('sum(closing_seconds * is_idle)') }} as idle_closing_seconds,
        {{ as_real('sum(grown_seconds * (1 - is_idle))') }} as busy_grown_seconds,
        {{ as_real('sum(grown_seconds * is_idle)') }} as idle_grown_seconds,
        {{ as_integer(
            'case when sum(closing_seconds) < sum(opening_seconds) and max('
            ~ 'case when closing_seconds < 0.9 * opening_seconds then 1 else 0 end'
            ~ ') = 1 then 1 else 0 end'
        ) }} as has_fallen
    from counters
    group by host, read_at

)

select * from stepped
