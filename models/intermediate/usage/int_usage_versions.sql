-- depends_on: {{ ref('int_usage_by_host') }}
-- depends_on: {{ ref('int_usage_grouped') }}
{{ config(materialized='incremental', unique_key='version_id') }}

with usage_by_hour as (

    select
        *,
        {{ usage_key() }} as usage_key
    from {{ ref('int_usage_by_hour') }}

),

hours_due as (

    select * from {{ ref('int_hours_due') }}

),

latest as (

    {{ latest_versions(this if is_incremental() else none, 'hours_due') }}

),

changed as (

    select
        usage_by_hour.scope,
        usage_by_hour.ts,
        usage_by_hour.cloud_project_name,
        usage_by_hour.machine_name,
        usage_by_hour.user_id,
        {{ usage_columns('usage_by_hour') }},
        0 as is_removed
    from usage_by_hour
    left join latest
        on
            usage_by_hour.ts = latest.ts
            and usage_by_hour.usage_key = latest.usage_key
            and latest.is_removed = 0
    where latest.ts is null or {{ usage_differs('usage_by_hour', 'latest') }}

    union all

    select
        latest.scope,
        latest.ts,
        latest.cloud_project_name,
        latest.machine_name,
        latest.user_id,
        {{ usage_columns('latest') }},
        1 as is_removed
    from latest
    left join usage_by_hour
        on
            latest.ts = usage_by_hour.ts
            and latest.usage_key = usage_by_hour.usage_key
    where latest.is_removed = 0 and usage_by_hour.ts is null

),

numbered as (

    select
        {{ as_integer(
            highest_id('version_id') ~ ' + row_number() over (order by changed.ts, '
            ~ usage_key('changed') ~ ')'
        ) }} as version_id,
        changed.*,
        hours_due.reason,
        {{ current_epoch() }} as versioned_at
    from changed
    inner join hours_due on changed.ts = hours_due.ts

)

select * from numbered
