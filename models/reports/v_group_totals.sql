with timeseries as (

    select * from {{ ref('v_group_timeseries') }}

),

users as (

    select * from {{ ref('v_user_totals') }}

),

dim_users as (

    select * from {{ ref('dim_user') }}

),

user_groups as (

    select * from {{ ref('dim_group') }}

),

coverage as (

    select
        user_groups.group_name,
        sum(users.hours_expected) as hours_expected,
        sum(users.hours_processed) as hours_processed
    from users
    inner join dim_users on users.user_id = dim_users.user_id
    inner join user_groups on dim_users.group_id = user_groups.group_id
    group by user_groups.group_name

),

sums as (

    select
        timeseries.group_name,
        {{ usage_sums('timeseries') }}
    from timeseries
    group by timeseries.group_name

),

totals as (

    select
        sums.*,
        {{ carbon_shares('sums') }},
        coverage.hours_expected,
        coverage.hours_processed,
        {{ as_real('coverage.hours_processed') }}
        / nullif(coverage.hours_expected, 0) as coverage
    from sums
    inner join coverage on sums.group_name = coverage.group_name

)

select * from totals
