with spread as (

    select * from {{ ref('int_increments_spread') }}

),

targets as (

    select * from {{ ref('int_targets') }}

),

-- steps are no CTE, of which SQLite makes a copy without an index when it is read twice
reached as (

    select
        spread.*,
        {{ larger_of('coalesce(steps.opening_cores, 0)', 'coalesce(steps.cores, 0)') }}
            as cores
    from spread
    inner join {{ ref('int_steps') }} as steps
        on spread.host = steps.host and spread.read_at = steps.read_at

),

summed as (

    select
        host,
        slot_at,
        min(read_at) as read_at,
        max(cores) as cores,
        sum(busy_cpu_seconds) as busy_cpu_seconds,
        sum(idle_cpu_seconds) as idle_cpu_seconds,
        sum(up_until - up_from) as up_seconds,
        max({{ is_spread() }}) as is_spread,
        max(has_unknown_tail) as has_unknown_tail
    from reached
    group by host, slot_at

),

measured as (

    select
        summed.host,
        summed.slot_at,
        {{ as_integer(slot_of('summed.slot_at', 3600)) }} as hour_at,
        targets.port,
        targets.cloud_project_name,
        targets.machine_name,
        targets.user_id,
        {{ as_integer('nullif(summed.cores, 0)') }} as cores,
        {{ as_integer(
            'case when steps.read_at = summed.slot_at + 1800 then steps.scrapes end'
        ) }} as scrapes,
        {{ as_integer('steps.boot_at') }} as boot_at,
        {{ as_integer(
            'case when steps.read_at = summed.slot_at + 1800'
            ~ ' then steps.last_scrape_at end'
        ) }} as last_scrape_at,
        {{ as_integer('summed.up_seconds') }} as up_seconds,
        {{ as_integer('summed.is_spread') }} as is_spread,
        {{ as_integer(has_lost_scrapes('summed', 'steps')) }} as has_lost_scrapes,
        {{ as_integer('summed.has_unknown_tail') }} as has_unknown_tail,
        {{ as_real('summed.busy_cpu_seconds') }} as busy_cpu_seconds,
        {{ as_real('summed.idle_cpu_seconds') }} as idle_cpu_seconds
    from summed
    inner join {{ ref('int_steps') }} as steps
        on summed.host = steps.host and summed.read_at = steps.read_at
    inner join targets on steps.target_id = targets.target_id

)

select * from measured
