with history as (

    select * from {{ ref('v_usage_history') }}
    where period = 'month'

),

totals as (

    select
        period_name as closed_month,
        scope,
        busy_kwh,
        idle_kwh,
        kwh_low,
        kwh_high,
        covered_kwh,
        busy_gCo2eq,
        idle_gCo2eq,
        gCo2eq_low,
        gCo2eq_high,
        hours_expected,
        hours_processed,
        status,
        {{ as_text("case scope when 'project' then scope_name end") }}
            as cloud_project_name,
        {{ as_text("case scope when 'machine' then scope_name end") }}
            as machine_name,
        {{ as_text("case scope when 'user' then scope_name end") }}
            as user_id,
        {{ as_text("case scope when 'group' then scope_name end") }}
            as group_name
    from history

)

select * from totals
