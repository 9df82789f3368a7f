with names as (

    select * from {{ ref('v_closed_names') }}

),

published as (

    select
        *,
        busy_kwh + idle_kwh as total_kwh,
        busy_gCo2eq + idle_gCo2eq as total_gCo2eq
    from {{ ref('fact_closed_total') }}

),

restated as (

    select
        *,
        busy_kwh + idle_kwh as total_kwh,
        busy_gCo2eq + idle_gCo2eq as total_gCo2eq
    from {{ ref('v_usage_history') }}
    where period = 'month'

),

revisions as (

    select * from {{ ref('v_closed_revisions') }}

),

compared as (

    select
        names.*,
        published.total_kwh as published_kwh,
        restated.total_kwh as restated_kwh,
        restated.total_kwh - published.total_kwh as difference_kwh,
        published.kwh_low as published_kwh_low,
        published.kwh_high as published_kwh_high,
        published.total_gCo2eq as published_gCo2eq,
        restated.total_gCo2eq as restated_gCo2eq,
        restated.total_gCo2eq - published.total_gCo2eq as difference_gCo2eq,
        published.gCo2eq_low as published_gCo2eq_low,
        published.gCo2eq_high as published_gCo2eq_high,
        {{ as_real('published.hours_processed') }}
        / nullif(published.hours_expected, 0) as published_coverage,
        restated.coverage as restated_coverage,
        published.status as published_status,
        restated.status as restated_status,
        case
            when {{ differs('published.total_kwh', 'restated.total_kwh') }} then 1
            when {{ differs('published.total_gCo2eq', 'restated.total_gCo2eq') }} then 1
            else 0
        end as is_revised,
        revisions.hours_revised,
        revisions.last_revised_at,
        revisions.reasons
    from names
    left join published using (closed_month, edition, scope, scope_name)
    left join restated
        on
            names.closed_month = restated.period_name
            and names.scope = restated.scope
            and names.scope_name = restated.scope_name
    left join revisions using (closed_month, edition, scope, scope_name)

)

select * from compared
