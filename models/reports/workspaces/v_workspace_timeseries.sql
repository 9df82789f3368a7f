with workspaces as (

    select
        workspace.workspace_id,
        workspace.user_id as claimed_by,
        instances.host,
        {{ epoch('workspace.started_at') }} as started_at
    from {{ ref('active_workspace') }} as workspace
    inner join {{ ref('dim_instance') }} as instances
        on workspace.instance_id = instances.instance_id

),

used as (

    select
        usage.*,
        workspaces.workspace_id,
        workspaces.claimed_by,
        {{ epoch('usage.ts') }} + 3600 - workspaces.started_at as seconds_since,
        sum(usage.up_seconds) over (
            partition by workspaces.workspace_id, usage.ts
        ) as host_up_seconds
    from workspaces
    inner join {{ ref('fact_usage_by_host') }} as usage
        on
            workspaces.host = usage.host
            and usage.ts > {{ iso('workspaces.started_at - 3600') }}

),

hours as (

    select
        workspace_id,
        ts,
        {{ as_real('seconds_since') }} / nullif(
            {{ larger_of(as_real('seconds_since'), 'sum(up_seconds)') }}, 0
        ) as part,
        case
            when seconds_since <= 3600 and host_up_seconds < seconds_since - 30 then 0
            else 1
        end as is_whole,
        max(has_lost_scrapes) as has_lost_scrapes,
        sum(busy_kwh) as busy_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(busy_gCo2eq) as busy_gCo2eq,
        sum(idle_gCo2eq) as idle_gCo2eq,
        sum(covered_kwh) as covered_kwh
    from used
    where claimed_by is null or claimed_by = user_id
    group by workspace_id, ts, seconds_since, host_up_seconds

),

timeseries as (

    select
        workspace_id,
        ts,
        part,
        is_whole,
        has_lost_scrapes,
        busy_kwh * part as busy_kwh,
        idle_kwh * part as idle_kwh,
        busy_gCo2eq * part as busy_gCo2eq,
        idle_gCo2eq * part as idle_gCo2eq,
        covered_kwh * part as covered_kwh
    from hours

)

select * from timeseries
