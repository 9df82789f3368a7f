with usage as (

    select * from {{ ref('v_group_timeseries') }}
    where ts >= :from_ts and ts < :to_ts

),

processed_hours as (

    select * from {{ ref('v_processed_hours') }}
    where scope = 'user' and ts >= :from_ts and ts < :to_ts

),

users as (

    select * from {{ ref('dim_user') }}

),

user_groups as (

    select * from {{ ref('dim_group') }}

),

built as (

    select * from {{ ref('v_built_hours') }}

),

sums as (

    select
        group_name,
        sum(busy_kwh) as busy_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(busy_kwh + idle_kwh) as total_kwh,
        sum(kwh_low) as kwh_low,
        sum(kwh_high) as kwh_high,
        sum(busy_gCo2eq + idle_gCo2eq) as known_gCo2eq,
        sum(covered_kwh) as covered_kwh
    from usage
    group by group_name

),

hours as (

    select
        user_groups.group_name,
        count(*) as hours_expected,
        sum(processed_hours.is_processed) as hours_processed
    from processed_hours
    inner join users on processed_hours.scope_name = users.user_id
    inner join user_groups on users.group_id = user_groups.group_id
    group by user_groups.group_name

),

user_group_totals as (

    select
        sums.group_name,
        sums.busy_kwh,
        sums.idle_kwh,
        sums.total_kwh,
        sums.kwh_low,
        sums.kwh_high,
        sums.covered_kwh,
        hours.hours_expected,
        hours.hours_processed,
        case
            when sums.covered_kwh > 0.0 or sums.total_kwh = 0.0 then sums.known_gCo2eq
        end as total_gCo2eq,
        cast(hours.hours_processed as real) / nullif(hours.hours_expected, 0)
            as coverage,
        case
            when :from_ts <> '' and :from_ts < built.first_ts then 0
            when :to_ts <> '~' and :to_ts > built.until_ts then 0
            else 1
        end as is_window_built
    from sums
    inner join hours on sums.group_name = hours.group_name
    cross join built

)

select * from user_group_totals
order by total_kwh desc, group_name asc
limit :top
