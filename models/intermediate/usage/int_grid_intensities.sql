with grid as (

    select * from {{ ref('stg_carbon_intensity__slots') }}

),

neighboured as (

    select
        *,
        case
            when lag(slot_at) over in_time = slot_at - 1800
                then lag(actual_gCo2eq_kwh) over in_time
        end as actual_before_gCo2eq_kwh,
        case
            when lead(slot_at) over in_time = slot_at + 1800
                then lead(actual_gCo2eq_kwh) over in_time
        end as actual_after_gCo2eq_kwh
    from grid
    window in_time as (order by slot_at)

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
