{{ config(
    materialized='table',
    indexes=[{
        'name': 'idx_int_hour_intensities', 'columns': ['hour_at'], 'unique': true
    }],
) }}

with intensities as (

    select * from {{ ref('int_slot_intensities') }}

),

hour_intensities as (

    select
        {{ as_integer(slot_of('slot_at', 3600)) }} as hour_at,
        avg(intensity_gCo2eq_kwh) as mean_intensity_gCo2eq_kwh
    from intensities
    group by {{ slot_of('slot_at', 3600) }}

)

select * from hour_intensities
