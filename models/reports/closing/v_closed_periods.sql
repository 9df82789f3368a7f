with names as (

    select * from {{ ref('v_closed_names') }}

),

restated as (

    select
        *,
        busy_kwh + idle_kwh as kwh,
        busy_gCo2eq + idle_gCo2eq as gCo2eq
    from {{ ref('v_usage_history') }}
    where period = 'month'

),

revisions as (

    select * from {{ ref('v_closed_revisions') }}

),

moved as (

    select * from {{ ref('v_closed_memberships') }}

),

compared as (

    select
        names.closed_month,
        names.edition,
        names.closed_at,
        names.is_incomplete,
        names.scope,
        names.scope_name,
        {{ published_and_restated('names', 'restated') }},
        revisions.hours_revised,
        revisions.last_revised_at,
        {{ as_text(
            "case when moved.group_name is null then revisions.reasons "
            ~ "else coalesce(revisions.reasons || ', ', '') || 'memberships' end"
        ) }} as reasons,
        restated.kwh - names.published_kwh as difference_kwh,
        restated.gCo2eq - names.published_gCo2eq as difference_gCo2eq
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
    left join moved
        on
            names.scope = 'group'
            and names.closed_month = moved.closed_month
            and names.edition = moved.edition
            and names.scope_name = moved.group_name

)

select * from compared
