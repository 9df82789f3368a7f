{{ config(
    materialized='table',
    indexes=[{
        'name': 'idx_int_slot_intensities', 'columns': ['slot_at'], 'unique': true
    }],
) }}

{%- set fallback = var('fallback_intensity_gCo2eq_kwh') %}
{%- set grid_intensity = known_intensity('grid') %}

with slots_due as (

    select * from {{ ref('int_slots_due') }}

),

grid as (

    select * from {{ ref('int_grid_intensities') }}

),

intensities as (

    select
        slots_due.slot_at,
        {{ as_real(
            'coalesce(' ~ grid_intensity ~ ', ' ~ fallback ~ ')'
            if fallback is not none
            else grid_intensity
        ) }} as intensity_gCo2eq_kwh,
        {{ as_text(
            "case when grid.actual_gCo2eq_kwh is not null then 'actual'"
            ~ " when grid.forecast_gCo2eq_kwh is not null then 'forecast'"
            ~ (" else 'fallback'" if fallback is not none else '') ~ ' end'
        ) }} as intensity_origin
    from slots_due
    left join grid on slots_due.slot_at = grid.slot_at

)

select * from intensities
