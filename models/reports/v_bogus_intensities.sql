with intensities as (

    select * from {{ ref('fact_intensity') }}

),

bogus as (

    select
        ts,
        forecast_gCo2eq_kwh
    from intensities
    where is_bogus = 1

)

select * from bogus
