with usage as (

    select * from {{ ref('v_machine_timeseries') }}
    where ts >= :from_ts and ts < :to_ts

),

sums as (

    select
        machine_name,
        sum(busy_cpu_seconds_total) as busy_cpu_seconds_total,
        sum(idle_cpu_seconds_total) as idle_cpu_seconds_total,
        sum(idle_kwh) as idle_kwh,
        sum(busy_kwh + idle_kwh) as total_kwh
    from usage
    group by machine_name

),

shares as (

    select
        *,
        busy_cpu_seconds_total
        / nullif(busy_cpu_seconds_total + idle_cpu_seconds_total, 0.0)
            as busy_share,
        idle_kwh / nullif(total_kwh, 0.0) as idle_kwh_share,
        total_kwh / nullif(sum(total_kwh) over (), 0.0) as share_of_kwh
    from sums

)

select * from shares
order by total_kwh desc, machine_name asc
