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
        {{ hour_lacks('hours', 'usage') }} as lacks
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
        {{ as_text('lacks') }} as lacks,
        {{ as_text(
            "case when is_simulated = 1 then 'fake' "
            ~ "else coalesce(lacks, 'processed') end"
        ) }} as status,
        case when lacks is null then 1 else 0 end as is_processed
    from expected

)

select * from statuses
