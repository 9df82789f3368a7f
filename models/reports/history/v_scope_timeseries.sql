with usage as (

    select * from {{ ref('fact_usage') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

machines as (

    select * from {{ ref('dim_machine') }}

),

group_usage as (

    select * from {{ ref('v_group_timeseries') }}

),

named as (

    select
        usage.scope,
        {{ as_text(
            "coalesce(projects.cloud_project_name, machines.machine_name, "
            ~ "usage.user_id, 'ada')"
        ) }} as scope_name,
        usage.ts,
        {{ usage_columns('usage') }}
    from usage
    left join projects on usage.project_id = projects.project_id
    left join machines on usage.machine_id = machines.machine_id

),

timeseries as (

    select * from named
    union all
    select
        'group' as scope,
        group_usage.group_name as scope_name,
        group_usage.ts,
        {{ usage_columns('group_usage') }}
    from group_usage

)

select * from timeseries
