with usage as (

    select * from {{ ref('v_project_timeseries') }}
    where ts >= :from_ts and ts < :to_ts

),

statuses as (

    select * from {{ ref('v_status_timeseries') }}
    where ts >= :from_ts and ts < :to_ts

),

sums as (

    select
        cloud_project_name,
        sum(busy_kwh) as busy_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(busy_kwh + idle_kwh) as total_kwh,
        sum(kwh_low) as kwh_low,
        sum(kwh_high) as kwh_high,
        sum(busy_gCo2eq) as busy_gCo2eq,
        sum(idle_gCo2eq) as idle_gCo2eq,
        sum(busy_gCo2eq + idle_gCo2eq) as total_gCo2eq,
        sum(gCo2eq_low) as gCo2eq_low,
        sum(gCo2eq_high) as gCo2eq_high,
        sum(covered_kwh) as covered_kwh
    from usage
    group by cloud_project_name

),

hours as (

    select
        cloud_project_name,
        count(*) as hours_expected,
        sum(is_processed) as hours_processed
    from statuses
    group by cloud_project_name

),

projects as (

    select
        sums.*,
        hours.hours_expected,
        hours.hours_processed,
        sums.total_gCo2eq / nullif(sums.covered_kwh, 0.0) as weighted_gCo2eq_kwh
    from sums
    inner join hours on sums.cloud_project_name = hours.cloud_project_name

)

select * from projects
order by total_kwh desc, cloud_project_name asc
