{{ config(
    materialized='table',
    indexes=[{
        'name': 'idx_int_targets', 'columns': ['target_id'], 'unique': true
    }],
) }}

with series as (

    select * from {{ ref('int_series_hosted') }}

),

targets as (

    select
        target_id,
        host,
        max(target_labels) as target_labels,
        max(port) as port,
        max(host_spelled) as host_spelled,
        max(cloud_project_name) as cloud_project_name,
        max(machine_name) as machine_name,
        max(user_id) as user_id,
        max(case when metric = 'cpu_seconds' and mode = 'idle' then series_id end)
            as idle_series_id,
        max(case when metric = 'boot_time_seconds' then series_id end)
            as boot_series_id,
        max(case when metric = 'scrapes' then series_id end) as scrapes_series_id,
        max(case when metric = 'last_scrape_at' then series_id end)
            as last_scrape_series_id,
        max(case when metric = 'cores' then series_id end) as cores_series_id
    from series
    where
        host is not null
        and metric not in (
            'scraped_cpu_seconds', 'scraped_boot_time_seconds', 'irregular'
        )
    group by target_id, host

)

select * from targets
