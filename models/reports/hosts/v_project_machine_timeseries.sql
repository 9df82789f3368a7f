with hosts as (

    select * from {{ ref('v_host_timeseries') }}

),

timeseries as (

    select
        hosts.cloud_project_name,
        hosts.machine_name,
        hosts.ts,
        count(*) as hosts,
        {{ usage_sums('hosts') }},
        max(hosts.has_lost_scrapes) as has_lost_scrapes,
        max(hosts.has_unknown_tail) as has_unknown_tail
    from hosts
    group by hosts.cloud_project_name, hosts.machine_name, hosts.ts

)

select * from timeseries
