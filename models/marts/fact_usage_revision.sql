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
        case when is_removed = 0 then busy_cpu_seconds_total end
            as busy_cpu_seconds_total,
        case when is_removed = 0 then idle_cpu_seconds_total end
            as idle_cpu_seconds_total,
        case when is_removed = 0 then busy_kwh end as busy_kwh,
        case when is_removed = 0 then idle_kwh end as idle_kwh,
        case when is_removed = 0 then busy_gCo2eq end as busy_gCo2eq,
        case when is_removed = 0 then idle_gCo2eq end as idle_gCo2eq,
        case when is_removed = 0 then intensity_gCo2eq_kwh end as intensity_gCo2eq_kwh
    from {{ ref('int_usage_versions') }}

),

followed as (

    select
        *,
        lag(is_removed) over revised as was_removed,
        lag(busy_cpu_seconds_total) over revised as old_busy_cpu_seconds_total,
        lag(idle_cpu_seconds_total) over revised as old_idle_cpu_seconds_total,
        lag(busy_kwh) over revised as old_busy_kwh,
        lag(idle_kwh) over revised as old_idle_kwh,
        lag(busy_gCo2eq) over revised as old_busy_gCo2eq,
        lag(idle_gCo2eq) over revised as old_idle_gCo2eq,
        lag(intensity_gCo2eq_kwh) over revised as old_intensity_gCo2eq_kwh
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
        old_busy_cpu_seconds_total,
        busy_cpu_seconds_total,
        old_idle_cpu_seconds_total,
        idle_cpu_seconds_total,
        old_busy_kwh,
        busy_kwh,
        old_idle_kwh,
        idle_kwh,
        old_busy_gCo2eq,
        busy_gCo2eq,
        old_idle_gCo2eq,
        idle_gCo2eq,
        old_intensity_gCo2eq_kwh,
        intensity_gCo2eq_kwh
    from followed
    where was_removed is not null

)

select * from revisions
