with hosts as (

    select * from {{ ref('v_idle_hosts') }}

),

sums as (

    select
        cloud_project_name,
        machine_name,
        count(*) as hosts,
        sum(case when hours_idle = hours_up then 1 else 0 end) as hosts_never_used,
        sum(hours_up) as host_hours,
        sum(hours_idle) as host_hours_idle,
        sum(kwh) as kwh,
        sum(covered_kwh) as covered_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(covered_idle_kwh) as covered_idle_kwh,
        sum(idle_gCo2eq) as idle_gCo2eq,
        sum(hours_idle_kwh) as hours_idle_kwh,
        sum(hours_idle_covered_kwh) as hours_idle_covered_kwh,
        sum(hours_idle_gCo2eq) as hours_idle_gCo2eq
    from hosts
    group by cloud_project_name, machine_name

),

costs as (

    select
        sums.*,
        {{ as_real('sums.host_hours_idle') }} / nullif(sums.host_hours, 0)
            as host_hours_idle_share,
        sums.idle_kwh / nullif(sums.kwh, 0.0) as idle_kwh_share,
        sums.hours_idle_kwh / nullif(sums.kwh, 0.0) as hours_idle_kwh_share
    from sums

)

select * from costs
