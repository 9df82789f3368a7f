with statuses as (

    select * from {{ ref('v_status_timeseries') }}

),

hours as (

    select * from {{ ref('dim_hour') }}

),

usage as (

    select * from {{ ref('fact_usage') }}
    where scope <> 'project'

),

first_hour as (

    select min(ts) as ts from usage
    where scope = 'ada'

),

ada_hours as (

    select
        'ada' as scope,
        'ada' as scope_name,
        hours.ts,
        case
            when hours.download <> 'complete' then 0
            when usage.ts is null then 1
            else {{ is_processed('usage') }}
        end as is_processed
    from hours
    inner join first_hour on hours.ts >= first_hour.ts
    left join usage on hours.ts = usage.ts and usage.scope = 'ada'

),

named_hours as (

    select
        usage.scope,
        coalesce(machines.machine_name, usage.user_id) as scope_name,
        usage.ts,
        case
            when hours.download <> 'complete' then 0
            else {{ is_processed('usage') }}
        end as is_processed
    from usage
    inner join hours on usage.ts = hours.ts
    left join {{ ref('dim_machine') }} as machines
        on usage.machine_id = machines.machine_id
    where usage.scope <> 'ada'

),

scoped as (

    select * from ada_hours
    union all
    select * from named_hours
    union all
    select
        'project' as scope,
        cloud_project_name as scope_name,
        ts,
        is_processed
    from statuses

)

select * from scoped
