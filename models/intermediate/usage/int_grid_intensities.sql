with grid as (

    select * from {{ ref('stg_carbon_intensity__slots') }}

),

neighboured as (

    select
        *,
        lag(actual_gCo2eq_kwh) over (order by slot_at) as actual_before_gCo2eq_kwh,
        lead(actual_gCo2eq_kwh) over (order by slot_at) as actual_after_gCo2eq_kwh
    from grid

),

judged as (

    select
        slot_at,
        forecast_gCo2eq_kwh,
        actual_gCo2eq_kwh,
        case
            when
                actual_gCo2eq_kwh = 0
                and coalesce(forecast_gCo2eq_kwh, 0) > 0
                and coalesce(actual_before_gCo2eq_kwh, 1) > 0
                and coalesce(actual_after_gCo2eq_kwh, 1) > 0
                then 1
            else 0
        end as is_bogus
    from neighboured

),

intensities as (

    select
        slot_at,
        {{ as_real('forecast_gCo2eq_kwh') }} as forecast_gCo2eq_kwh,
        {{ as_real('case when is_bogus = 0 then actual_gCo2eq_kwh end') }}
            as actual_gCo2eq_kwh,
        {{ as_integer('is_bogus') }} as is_bogus
    from judged

)

select * from intensities
