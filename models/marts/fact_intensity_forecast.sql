{{ config(materialized='view') }}

with intensities as (

    select * from {{ ref('fact_intensity') }}

),

windows as (

    select * from {{ ref('stg_loaders__pull_windows') }}
    where source_name = 'carbon-intensity' and state <> 'failed'

),

newest as (

    select max(pulled_until) as forecast_from from windows

),

coming as (

    {{ spine(
        '(select forecast_from from newest)',
        '(select forecast_from + 48 * 3600 - 1800 from newest)',
        1800,
    ) }}

),

forecasts as (

    select
        {{ as_text(iso('coming.slot_at')) }} as ts,
        {{ as_text(iso('newest.forecast_from')) }} as forecast_from,
        intensities.forecast_gCo2eq_kwh
    from coming
    cross join newest
    left join intensities on {{ iso('coming.slot_at') }} = intensities.ts

)

select * from forecasts
