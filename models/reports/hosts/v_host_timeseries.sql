with usage as (

    select * from {{ ref('fact_usage_by_host') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

machines as (

    select * from {{ ref('dim_machine') }}

),

sums as (

    select
        usage.host,
        usage.project_id,
        usage.machine_id,
        usage.ts,
        {{ usage_sums('usage') }},
        max(usage.has_lost_scrapes) as has_lost_scrapes,
        max(usage.has_unknown_tail) as has_unknown_tail
    from usage
    group by usage.ts, usage.host, usage.project_id, usage.machine_id

),

timeseries as (

    select
        sums.host,
        projects.cloud_project_name,
        machines.machine_name,
        sums.ts,
        {{ host_figures('sums') }},
        case
            when
                sums.busy_cpu_seconds_total
                < {{ var('idle_below_busy_share') }}
                * (sums.busy_cpu_seconds_total + sums.idle_cpu_seconds_total)
                then 1
            else 0
        end as is_idle
    from sums
    inner join projects on sums.project_id = projects.project_id
    inner join machines on sums.machine_id = machines.machine_id

)

select * from timeseries
