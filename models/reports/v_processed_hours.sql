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

ada_hours as (

    select
        'ada' as scope,
        'ada' as scope_name,
        hours.ts,
        hours.is_simulated,
        {{ hour_lacks('hours', 'usage') }} as lacks
    from hours
    left join usage on hours.ts = usage.ts and usage.scope = 'ada'
    where
        hours.ts >= (
            select min(adas.ts) from usage as adas
            where adas.scope = 'ada'
        )

),

named_hours as (

    select
        usage.scope,
        coalesce(machines.machine_name, usage.user_id) as scope_name,
        usage.ts,
        hours.is_simulated,
        {{ hour_lacks('hours', 'usage') }} as lacks
    from usage
    inner join hours on usage.ts = hours.ts
    left join {{ ref('dim_machine') }} as machines
        on usage.machine_id = machines.machine_id
    where usage.scope <> 'ada'

),

scoped as (

    select
        {{ as_text("'project'") }} as scope,
        cloud_project_name as scope_name,
        ts,
        case status when 'fake' then 1 else 0 end as is_simulated,
        lacks
    from statuses
    union all
    select * from ada_hours
    union all
    select * from named_hours

),

processed as (

    select
        *,
        case when lacks is null then 1 else 0 end as is_processed
    from scoped

)

select * from processed
