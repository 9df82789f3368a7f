with forecasts as (

    select * from {{ ref('fact_intensity_forecast') }}

),

half_hours as (

    select
        ts,
        forecast_gCo2eq_kwh,
        forecast_from
    from forecasts

)

select * from half_hours
