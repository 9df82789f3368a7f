with usage as (

    select * from {{ ref('v_group_timeseries') }}
    where ts >= :from_ts and ts < :to_ts

),

sums as (

    select
        group_name,
        sum(busy_kwh) as busy_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(busy_kwh + idle_kwh) as total_kwh,
        sum(kwh_low) as kwh_low,
        sum(kwh_high) as kwh_high,
        sum(busy_gCo2eq + idle_gCo2eq) as total_gCo2eq,
        sum(covered_kwh) as covered_kwh
    from usage
    group by group_name

)

select * from sums
order by total_kwh desc, group_name asc
limit :top
