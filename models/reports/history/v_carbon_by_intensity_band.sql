with hours as (

    select * from {{ ref('v_banded_hours') }}

),

periods as (

    select * from {{ ref('dim_period') }}

),

by_day as (

    select
        scope,
        scope_name,
        band_position,
        band,
        substr(ts, 1, 10) as day,
        count(*) as hours,
        sum(kwh) as kwh,
        sum(gCo2eq) as gCo2eq,
        sum(covered_kwh) as covered_kwh
    from hours
    group by scope, scope_name, substr(ts, 1, 10), band_position, band

),

by_band as (

    select
        by_day.scope,
        by_day.scope_name,
        periods.period,
        {{ period_name('by_day.day', 'periods') }} as period_name,
        by_day.band_position,
        by_day.band,
        sum(by_day.hours) as hours,
        sum(by_day.kwh) as kwh,
        sum(by_day.gCo2eq) as gCo2eq,
        sum(by_day.covered_kwh) as covered_kwh
    from by_day
    cross join periods
    group by
        by_day.scope,
        by_day.scope_name,
        periods.period,
        {{ period_name('by_day.day', 'periods') }},
        by_day.band_position,
        by_day.band

),

shared as (

    select
        scope,
        scope_name,
        period,
        period_name,
        band_position,
        band,
        hours,
        kwh,
        covered_kwh,
        {{ covered_carbon('gCo2eq', 'kwh', 'covered_kwh') }} as gCo2eq,
        kwh / nullif(
            sum(kwh) over (partition by scope, scope_name, period_name), 0.0
        ) as kwh_share
    from by_band

)

select * from shared
