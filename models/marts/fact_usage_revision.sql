{{ config(materialized='view') }}

with versions as (

    select
        version_id,
        versioned_at,
        reason,
        is_removed,
        scope,
        ts,
        cloud_project_name,
        machine_name,
        user_id,
        {{ each_measure('case when is_removed = 0 then measure end as measure') }}
    from {{ ref('int_usage_versions') }}

),

followed as (

    select
        *,
        lag(is_removed) over revised as was_removed,
        {{ each_measure('lag(measure) over revised as old_measure') }}
    from versions
    window revised as (partition by ts, {{ usage_key() }} order by version_id)

),

revisions as (

    select
        version_id as revision_id,
        {{ as_text(iso('versioned_at')) }} as revised_at,
        reason,
        case
            when is_removed = 1 then 'removed'
            when was_removed = 1 then 'restored'
            else 'restated'
        end as revision,
        scope,
        ts,
        cloud_project_name,
        machine_name,
        user_id,
        {{ each_measure('old_measure, measure') }}
    from followed
    where was_removed is not null

)

select * from revisions
