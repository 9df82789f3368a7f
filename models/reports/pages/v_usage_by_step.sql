with usage as (

    select * from {{ ref('v_scope_timeseries') }}

),

hours as (

    select * from {{ ref('dim_hour') }}

),

history as (

    select * from {{ ref('v_usage_history') }}
    where period in ('day', 'month')

),

stepped as (

    select
        usage.scope,
        usage.scope_name,
        {{ as_text("'hour'") }} as step,
        usage.ts as starts_at,
        usage.busy_kwh,
        usage.idle_kwh,
        usage.busy_gCo2eq,
        usage.idle_gCo2eq,
        usage.covered_kwh,
        usage.intensity_gCo2eq_kwh as weighted_gCo2eq_kwh,
        case when {{ hour_lacks('hours', 'usage') }} is null then 1.0 else 0.0 end
            as coverage
    from usage
    left join hours on usage.ts = hours.ts
    union all
    select
        scope,
        scope_name,
        period as step,
        substr(period_name || '-01', 1, 10) || 'T00:00:00Z' as starts_at,
        busy_kwh,
        idle_kwh,
        busy_gCo2eq,
        idle_gCo2eq,
        covered_kwh,
        weighted_gCo2eq_kwh,
        coverage
    from history

),

labelled as (

    select
        scope,
        scope_name,
        step,
        starts_at,
        {{ as_text(step_ends_at('step', 'starts_at')) }} as ends_at,
        {{ as_text(step_label('step', 'starts_at')) }} as label,
        busy_kwh,
        idle_kwh,
        {{ covered_carbon('busy_gCo2eq', '(busy_kwh + idle_kwh)', 'covered_kwh') }}
            as busy_gCo2eq,
        {{ covered_carbon('idle_gCo2eq', '(busy_kwh + idle_kwh)', 'covered_kwh') }}
            as idle_gCo2eq,
        covered_kwh,
        weighted_gCo2eq_kwh,
        coverage
    from stepped

)

select * from labelled
