with workspaces as (

    select * from {{ ref('active_workspace') }}

),

hours as (

    select * from {{ ref('v_workspace_timeseries') }}

),

last_hour as (

    select {{ epoch('max(ts)') }} as hour_at from {{ ref('v_ada_timeseries') }}

),

sums as (

    select
        hours.workspace_id,
        min(hours.ts) as known_from,
        {{ as_integer('count(*)') }} as hours_known,
        sum(hours.busy_kwh) as busy_kwh,
        sum(hours.idle_kwh) as idle_kwh,
        sum(hours.busy_gCo2eq) as busy_gCo2eq,
        sum(hours.idle_gCo2eq) as idle_gCo2eq,
        sum(hours.covered_kwh) as covered_kwh,
        {{ as_integer('max(hours.has_lost_scrapes)') }} as has_lost_scrapes,
        min(hours.is_whole) as is_whole_from_start
    from hours
    group by hours.workspace_id

),

judged as (

    select
        sums.*,
        case
            when sums.known_from > workspaces.started_at then 0
            when sums.is_whole_from_start = 0 then 0
            when
                {{ epoch('sums.known_from') }} + 3600 * (sums.hours_known - 1)
                < last_hour.hour_at
                then 0
            else 1
        end as is_whole,
        case when {{ lacks_intensity('sums') }} then 0 else 1 end as has_whole_carbon
    from sums
    inner join workspaces on sums.workspace_id = workspaces.workspace_id
    cross join last_hour

),

since as (

    select
        workspace_id,
        known_from,
        hours_known,
        covered_kwh,
        has_lost_scrapes,
        case when is_whole = 1 then busy_kwh end as busy_kwh,
        case when is_whole = 1 then idle_kwh end as idle_kwh,
        case when is_whole + has_whole_carbon = 2 then busy_gCo2eq end as busy_gCo2eq,
        case when is_whole + has_whole_carbon = 2 then idle_gCo2eq end as idle_gCo2eq,
        busy_kwh + idle_kwh as known_kwh,
        busy_gCo2eq + idle_gCo2eq as known_gCo2eq
    from judged

)

select * from since
