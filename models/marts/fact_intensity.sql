{#- Behind the gates, as the facts are. -#}
-- depends_on: {{ ref('int_usage_versions') }}
{{ config(unique_key='ts') }}

with grid as (

    select * from {{ ref('int_grid_intensities') }}

),

intensities as (

    select
        {{ as_text(iso('slot_at')) }} as ts,
        forecast_gCo2eq_kwh,
        actual_gCo2eq_kwh,
        is_bogus
    from grid

)

select * from intensities
