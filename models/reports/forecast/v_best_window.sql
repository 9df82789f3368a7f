with forecasts as (

    select * from {{ ref('v_carbon_intensity_forecast') }}

),

lengths as (

    select * from {{ ref('dim_window_length') }}

),

half_hours as (

    select
        forecast_from,
        forecast_gCo2eq_kwh as intensity_gCo2eq_kwh,
        {{ epoch('ts') }} as slot_at
    from forecasts

),

means as (

    select avg(intensity_gCo2eq_kwh) as mean_of_all_gCo2eq_kwh from half_hours

),

windows as (

    {{ whole_windows('half_hours', 'forecast_from', 'lengths') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by window_hours
            order by mean_gCo2eq_kwh asc, slot_at asc
        ) as place
    from windows

),

best as (

    select
        ranked.window_hours,
        ranked.forecast_from,
        {{ as_text(iso('ranked.slot_at')) }} as starts_at,
        {{ as_text(iso('ranked.slot_at + ranked.window_hours * 3600')) }} as ends_at,
        ranked.mean_gCo2eq_kwh,
        means.mean_of_all_gCo2eq_kwh,
        means.mean_of_all_gCo2eq_kwh - ranked.mean_gCo2eq_kwh as saving_gCo2eq_kwh,
        1.0 - ranked.mean_gCo2eq_kwh / nullif(means.mean_of_all_gCo2eq_kwh, 0.0)
            as saving_share
    from ranked
    cross join means
    where ranked.place = 1

)

select * from best
