with published as (

    select * from {{ ref('fact_closed_total') }}

),

restated as (

    select * from {{ ref('v_usage_history') }}
    where period = 'month'

),

closings as (

    select distinct
        closed_month,
        edition,
        closed_at,
        is_incomplete
    from published

),

names as (

    select
        closed_month,
        edition,
        closed_at,
        is_incomplete,
        scope,
        scope_name
    from published
    union
    select
        closings.closed_month,
        closings.edition,
        closings.closed_at,
        closings.is_incomplete,
        restated.scope,
        restated.scope_name
    from closings
    inner join restated on closings.closed_month = restated.period_name

),

published_names as (

    select
        names.closed_month,
        names.edition,
        names.closed_at,
        names.is_incomplete,
        names.scope,
        names.scope_name,
        published.kwh_low as published_kwh_low,
        published.kwh_high as published_kwh_high,
        published.covered_kwh as published_covered_kwh,
        published.gCo2eq_low as published_gCo2eq_low,
        published.gCo2eq_high as published_gCo2eq_high,
        published.status as published_status,
        published.busy_kwh + published.idle_kwh as published_kwh,
        published.busy_gCo2eq + published.idle_gCo2eq as published_gCo2eq,
        {{ as_real('published.hours_processed') }}
        / nullif(published.hours_expected, 0) as published_coverage
    from names
    left join published
        on
            names.closed_month = published.closed_month
            and names.edition = published.edition
            and names.scope = published.scope
            and names.scope_name = published.scope_name

)

select * from published_names
