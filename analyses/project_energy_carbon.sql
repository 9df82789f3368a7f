with usage as (

    select * from {{ ref('v_project_timeseries') }}
    where ts >= :from_ts and ts < :to_ts

),

statuses as (

    select * from {{ ref('v_status_timeseries') }}
    where ts >= :from_ts and ts < :to_ts

),

built as (

    select * from {{ ref('v_built_hours') }}

),

sums as (

    select
        cloud_project_name,
        sum(busy_kwh) as busy_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(kwh_low) as kwh_low,
        sum(kwh_high) as kwh_high,
        sum(busy_gCo2eq) as busy_gCo2eq,
        sum(idle_gCo2eq) as idle_gCo2eq,
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
        sum(is_processed) as hours_processed,
        case when sum(is_processed) > 0 then 0.0 end as without_usage
    from statuses
    group by cloud_project_name

),

figures as (

    select
        hours.cloud_project_name,
        hours.hours_expected,
        hours.hours_processed,
        coalesce(sums.busy_kwh, hours.without_usage) as busy_kwh,
        coalesce(sums.idle_kwh, hours.without_usage) as idle_kwh,
        coalesce(sums.busy_kwh + sums.idle_kwh, hours.without_usage) as total_kwh,
        coalesce(sums.kwh_low, hours.without_usage) as kwh_low,
        coalesce(sums.kwh_high, hours.without_usage) as kwh_high,
        coalesce(sums.busy_gCo2eq, hours.without_usage) as busy_gCo2eq,
        coalesce(sums.idle_gCo2eq, hours.without_usage) as idle_gCo2eq,
        coalesce(sums.gCo2eq_low, hours.without_usage) as gCo2eq_low,
        coalesce(sums.gCo2eq_high, hours.without_usage) as gCo2eq_high,
        coalesce(sums.covered_kwh, hours.without_usage) as covered_kwh,
        case
            when sums.covered_kwh = 0.0 and sums.busy_kwh + sums.idle_kwh > 0.0 then 0
            else 1
        end as knows_carbon
    from hours
    left join sums on hours.cloud_project_name = sums.cloud_project_name

),

projects as (

    select
        figures.cloud_project_name,
        figures.busy_kwh,
        figures.idle_kwh,
        figures.total_kwh,
        figures.kwh_low,
        figures.kwh_high,
        figures.covered_kwh,
        figures.hours_expected,
        figures.hours_processed,
        case figures.knows_carbon when 1 then figures.busy_gCo2eq end as busy_gCo2eq,
        case figures.knows_carbon when 1 then figures.idle_gCo2eq end as idle_gCo2eq,
        case figures.knows_carbon
            when 1 then figures.busy_gCo2eq + figures.idle_gCo2eq
        end as total_gCo2eq,
        case figures.knows_carbon when 1 then figures.gCo2eq_low end as gCo2eq_low,
        case figures.knows_carbon when 1 then figures.gCo2eq_high end as gCo2eq_high,
        cast(figures.hours_processed as real) / nullif(figures.hours_expected, 0)
            as coverage,
        (figures.busy_gCo2eq + figures.idle_gCo2eq) / nullif(figures.covered_kwh, 0.0)
            as weighted_gCo2eq_kwh,
        case
            when :from_ts <> '' and :from_ts < built.first_ts then 0
            when :to_ts <> '~' and :to_ts > built.until_ts then 0
            else 1
        end as is_window_built
    from figures
    cross join built

)

select * from projects
order by total_kwh desc, cloud_project_name asc
