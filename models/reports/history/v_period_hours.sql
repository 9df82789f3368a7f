with processed_hours as (

    select * from {{ ref('v_processed_hours') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

user_groups as (

    select * from {{ ref('dim_group') }}

),

periods as (

    select * from {{ ref('dim_period') }}

),

by_day as (

    select
        scope,
        scope_name,
        substr(ts, 1, 10) as day,
        max(is_simulated) as is_simulated,
        count(*) as hours_expected,
        sum(is_processed) as hours_processed,
        sum(case lacks when 'not downloaded' then 1 else 0 end)
            as hours_not_downloaded,
        sum(case lacks when 'download incomplete' then 1 else 0 end)
            as hours_download_incomplete,
        sum(case lacks when 'unprocessed' then 1 else 0 end) as hours_unprocessed
    from processed_hours
    group by scope, scope_name, substr(ts, 1, 10)

),

scoped as (

    select * from by_day
    union all
    select
        'group' as scope,
        user_groups.group_name as scope_name,
        by_day.day,
        by_day.is_simulated,
        by_day.hours_expected,
        by_day.hours_processed,
        by_day.hours_not_downloaded,
        by_day.hours_download_incomplete,
        by_day.hours_unprocessed
    from by_day
    inner join users on by_day.scope_name = users.user_id and by_day.scope = 'user'
    inner join user_groups on users.group_id = user_groups.group_id

),

by_period as (

    {{ hours_by_period('scoped', 'periods') }}

)

select * from by_period
