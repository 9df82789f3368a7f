with hosts as (

    select
        *,
        busy_kwh + idle_kwh as kwh,
        busy_gCo2eq + idle_gCo2eq as gCo2eq,
        {{ covered_idle_kwh() }} as covered_idle_kwh
    from {{ ref('v_host_timeseries') }}

),

sums as (

    select
        host,
        cloud_project_name,
        machine_name,
        count(*) as hours_up,
        sum(is_idle) as hours_idle,
        max(ts) as last_ts,
        max(case when is_idle = 0 then ts end) as last_used_ts,
        sum(busy_cpu_seconds_total) as busy_cpu_seconds_total,
        sum(idle_cpu_seconds_total) as idle_cpu_seconds_total,
        sum(idle_kwh) as idle_kwh,
        sum(idle_gCo2eq) as idle_gCo2eq,
        sum(kwh) as kwh,
        sum(case when is_idle = 1 then kwh else 0.0 end) as hours_idle_kwh,
        sum(case when is_idle = 1 then gCo2eq else 0.0 end) as hours_idle_gCo2eq,
        sum(case when is_idle = 1 then covered_kwh else 0.0 end)
            as hours_idle_covered_kwh,
        sum(covered_kwh) as covered_kwh,
        sum(covered_idle_kwh) as covered_idle_kwh
    from hosts
    group by host, cloud_project_name, machine_name

),

idle as (

    select
        sums.*,
        {{ as_real('sums.hours_idle') }} / nullif(sums.hours_up, 0) as hours_idle_share,
        sums.idle_kwh / nullif(sums.kwh, 0.0) as idle_kwh_share
    from sums

)

select * from idle
