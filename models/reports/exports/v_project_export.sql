with statuses as (

    select * from {{ ref('v_status_timeseries') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

-- by the index of the facts' grain: of two views SQLite may compare each row with each
hours as (

    select
        statuses.cloud_project_name,
        statuses.ts,
        statuses.status,
        usage.busy_cpu_seconds_total,
        usage.idle_cpu_seconds_total,
        usage.busy_kwh,
        usage.idle_kwh,
        usage.busy_gCo2eq,
        usage.idle_gCo2eq,
        case
            when usage.ts is not null then 'used'
            when statuses.is_processed = 1 then 'unused'
            else 'unknown'
        end as knowledge,
        case when {{ lacks_intensity('usage') }} then 0 else 1 end as has_whole_carbon
    from statuses
    inner join projects on statuses.cloud_project_name = projects.cloud_project_name
    left join {{ ref('fact_usage') }} as usage
        on
            usage.scope = 'project'
            and statuses.ts = usage.ts
            and projects.project_id = coalesce(usage.project_id, -1)

),

exported as (

    select
        cloud_project_name,
        ts,
        status,
        case knowledge when 'unused' then 0.0 else busy_cpu_seconds_total end
            as busy_usage_cpu_seconds_total,
        case knowledge when 'unused' then 0.0 else idle_cpu_seconds_total end
            as idle_usage_cpu_seconds_total,
        case knowledge when 'unused' then 0.0 else busy_kwh end as busy_usage_kwh,
        case knowledge when 'unused' then 0.0 else idle_kwh end as idle_usage_kwh,
        case
            when knowledge = 'unused' then 0.0
            when has_whole_carbon = 1 then busy_gCo2eq
        end as busy_usage_gCO2eq,
        case
            when knowledge = 'unused' then 0.0
            when has_whole_carbon = 1 then idle_gCo2eq
        end as idle_usage_gCO2eq
    from hours

)

select * from exported
