{{ config(materialized='view') }}

with bands as (

    select
        valid_year,
        band,
        from_gCo2eq_kwh,
        below_gCo2eq_kwh,
        band_position
    from {{ ref('int_intensity_bands') }}

)

select * from bands
