with usage as (

    select
        *,
        busy_kwh + idle_kwh as total_kwh,
        busy_gCo2eq + idle_gCo2eq as total_gCo2eq
    from {{ ref('v_machine_timeseries') }}

),

trend as (

    select
        machine_name,
        ts,
        intensity_gCo2eq_kwh,
        intensity_origin,
        total_kwh,
        covered_kwh,
        avg(intensity_gCo2eq_kwh) over of_24 as mean_of_24_gCo2eq_kwh,
        sum(total_gCo2eq) over of_24 / nullif(sum(covered_kwh) over of_24, 0.0)
            as weighted_of_24_gCo2eq_kwh
    from usage
    window of_24 as (
        partition by machine_name
        order by ts
        rows between 23 preceding and current row
    )

)

select * from trend
where ts >= :from_ts and ts < :to_ts
order by machine_name, ts
