with usage as (

    select
        *,
        busy_kwh + idle_kwh as kwh,
        busy_gCo2eq + idle_gCo2eq as gCo2eq
    from {{ ref('fact_usage_by_host') }}
    where ts >= :from_ts and ts < :to_ts

),

projects as (

    select * from {{ ref('dim_project') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

user_groups as (

    select * from {{ ref('dim_group') }}

),

statuses as (

    select * from {{ ref('v_status_timeseries') }}
    where ts >= :from_ts and ts < :to_ts

),

built as (

    select * from {{ ref('v_built_hours') }}

),

hours as (

    select
        cloud_project_name,
        count(*) as hours_expected,
        sum(is_processed) as hours_processed
    from statuses
    group by cloud_project_name

),

sums as (

    select
        project_id,
        user_id,
        sum(busy_kwh) as busy_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(kwh) as total_kwh,
        case when sum(covered_kwh) > 0.0 or sum(kwh) = 0.0 then sum(gCo2eq) end
            as total_gCo2eq,
        sum(covered_kwh) as covered_kwh
    from usage
    group by project_id, user_id

),

shares as (

    select
        projects.cloud_project_name,
        sums.user_id,
        user_groups.group_name,
        sums.busy_kwh,
        sums.idle_kwh,
        sums.total_kwh,
        sums.total_gCo2eq,
        sums.covered_kwh,
        hours.hours_expected,
        hours.hours_processed,
        sums.total_kwh / nullif(sum(sums.total_kwh) over (
            partition by sums.project_id
        ), 0.0) as share_of_kwh,
        sums.total_gCo2eq / nullif(sum(sums.total_gCo2eq) over (
            partition by sums.project_id
        ), 0.0) as share_of_gCo2eq,
        cast(hours.hours_processed as real) / nullif(hours.hours_expected, 0)
            as coverage,
        case
            when :from_ts <> '' and :from_ts < built.first_ts then 0
            when :to_ts <> '~' and :to_ts > built.until_ts then 0
            else 1
        end as is_window_built
    from sums
    inner join projects on sums.project_id = projects.project_id
    inner join hours on projects.cloud_project_name = hours.cloud_project_name
    cross join built
    left join users on sums.user_id = users.user_id
    left join user_groups on users.group_id = user_groups.group_id

)

select * from shares
order by cloud_project_name asc, total_kwh desc, user_id asc
