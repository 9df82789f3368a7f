with names as (

    select * from {{ ref('v_closed_names') }}

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
        names.closed_month,
        names.edition,
        names.closed_at,
        names.is_incomplete,
        names.scope,
        names.scope_name,
        names.published_kwh,
        restated.total_kwh as restated_kwh,
        names.published_kwh_low,
        names.published_kwh_high,
        names.published_gCo2eq,
        restated.total_gCo2eq as restated_gCo2eq,
        names.published_gCo2eq_low,
        names.published_gCo2eq_high,
        names.published_coverage,
        restated.coverage as restated_coverage,
        names.published_status,
        restated.status as restated_status,
        revisions.hours_revised,
        revisions.last_revised_at,
        revisions.reasons,
        restated.total_kwh - names.published_kwh as difference_kwh,
        restated.total_gCo2eq - names.published_gCo2eq as difference_gCo2eq,
        case
            when {{ differs('names.published_kwh', 'restated.total_kwh') }} then 1
            when {{ differs('names.published_gCo2eq', 'restated.total_gCo2eq') }} then 1
            else 0
        end as is_revised
    from names
    left join restated
        on
            names.closed_month = restated.period_name
            and names.scope = restated.scope
            and names.scope_name = restated.scope_name
    left join revisions
        on
            names.closed_month = revisions.closed_month
            and names.edition = revisions.edition
            and names.scope = revisions.scope
            and names.scope_name = revisions.scope_name

)

select * from compared
