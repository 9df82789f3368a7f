with history as (

    select
        *,
        busy_kwh + idle_kwh as kwh
    from {{ ref('v_usage_history') }}

),

equivalences as (

    select * from {{ ref('dim_equivalence') }}

),

measured as (

    select
        scope,
        scope_name,
        period,
        period_name,
        coverage,
        status,
        covered_kwh,
        {{ as_text("'kWh'") }} as measure,
        kwh as amount,
        kwh_low as amount_low,
        kwh_high as amount_high
    from history
    union all
    select
        scope,
        scope_name,
        period,
        period_name,
        coverage,
        status,
        covered_kwh,
        'gCO2eq' as measure,
        {{ covered_carbon('busy_gCo2eq + idle_gCo2eq', 'kwh', 'covered_kwh') }}
            as amount,
        {{ covered_carbon('gCo2eq_low', 'kwh', 'covered_kwh') }} as amount_low,
        {{ covered_carbon('gCo2eq_high', 'kwh', 'covered_kwh') }} as amount_high
    from history

),

compared as (

    select
        measured.scope,
        measured.scope_name,
        measured.period,
        measured.period_name,
        equivalences.equivalence,
        equivalences.unit,
        measured.measure,
        measured.coverage,
        measured.status,
        equivalences.source_title,
        measured.covered_kwh,
        measured.amount / nullif(equivalences.amount_per_unit, 0.0) as quantity,
        measured.amount_low / nullif(equivalences.amount_per_unit, 0.0) as quantity_low,
        measured.amount_high / nullif(equivalences.amount_per_unit, 0.0)
            as quantity_high
    from measured
    inner join equivalences on measured.measure = equivalences.measure

)

select * from compared
