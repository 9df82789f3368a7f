{{ config(materialized='view') }}

with closings as (

    select distinct
        closed_month,
        edition,
        version_id
    from {{ ref('fact_closed_total') }}

),

versions as (

    select * from {{ ref('int_usage_versions') }}
    where scope <> 'unattributed'

),

changes as (

    select
        closings.closed_month,
        closings.edition,
        versions.version_id,
        versions.scope,
        versions.ts,
        versions.reason,
        {{ as_text(
            "coalesce(versions.cloud_project_name, versions.machine_name, "
            ~ "versions.user_id, 'ada')"
        ) }} as scope_name,
        {{ as_text(iso('versions.versioned_at')) }} as changed_at
    from closings
    inner join versions
        on
            closings.version_id < versions.version_id
            and closings.closed_month = substr(versions.ts, 1, 7)

)

select * from changes
