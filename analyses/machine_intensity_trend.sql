with usage as (

    select * from {{ ref('v_machine_timeseries') }}
    where ts >= :from_ts and ts < :to_ts

),

trend as (

    select
        machine_name,
        ts,
        intensity_gCo2eq_kwh,
        intensity_origin,
        busy_kwh + idle_kwh as total_kwh,
        avg(intensity_gCo2eq_kwh) over (
            partition by machine_name
            order by ts
            rows between 23 preceding and current row
        ) as mean_of_24_gCo2eq_kwh
    from usage

)

select * from trend
order by machine_name, ts
