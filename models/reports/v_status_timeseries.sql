with hours as (

    select * from {{ ref('dim_hour') }}

),

usage as (

    select * from {{ ref('v_project_timeseries') }}

),

first_usage as (

    select
        cloud_project_name,
        min(ts) as first_ts
    from usage
    group by cloud_project_name

),

expected as (

    select
        first_usage.cloud_project_name,
        hours.ts,
        hours.is_simulated,
        case
            when hours.download = 'missing' then 'not downloaded'
            when hours.download = 'incomplete' then 'download incomplete'
            when usage.has_lost_scrapes = 1 then 'download incomplete'
            when usage.covered_kwh < usage.busy_kwh + usage.idle_kwh - 1e-12
                then 'unprocessed'
            else 'processed'
        end as status
    from first_usage
    inner join hours on first_usage.first_ts <= hours.ts
    left join usage
        on
            first_usage.cloud_project_name = usage.cloud_project_name
            and hours.ts = usage.ts

),

statuses as (

    select
        cloud_project_name,
        ts,
        case when is_simulated = 1 then 'fake' else status end as status,
        case when status = 'processed' then 1 else 0 end as is_processed
    from expected

)

select * from statuses
