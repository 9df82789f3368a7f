with usage as (

    select * from {{ ref('v_scope_timeseries') }}

),

hours as (

    select * from {{ ref('v_period_hours') }}

),

periods as (

    select * from {{ ref('dim_period') }}

),

by_day as (

    select
        usage.scope,
        usage.scope_name,
        substr(usage.ts, 1, 10) as day,
        {{ usage_sums('usage') }}
    from usage
    group by usage.scope, usage.scope_name, substr(usage.ts, 1, 10)

),

sums as (

    select
        by_day.scope,
        by_day.scope_name,
        periods.period,
        {{ period_name('by_day.day', 'periods') }} as period_name,
        {{ usage_sums('by_day') }}
    from by_day
    cross join periods
    group by
        by_day.scope,
        by_day.scope_name,
        periods.period,
        {{ period_name('by_day.day', 'periods') }}

),

history as (

    select
        hours.scope,
        hours.scope_name,
        hours.period,
        hours.period_name,
        {{ known_sums('sums', 'hours') }},
        (sums.busy_gCo2eq + sums.idle_gCo2eq) / nullif(sums.covered_kwh, 0.0)
            as weighted_gCo2eq_kwh,
        {{ carbon_shares('sums') }},
        {{ period_coverage('hours') }}
    from hours
    left join sums
        on
            hours.scope = sums.scope
            and hours.scope_name = sums.scope_name
            and hours.period_name = sums.period_name

)

select * from history
