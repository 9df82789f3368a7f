{{ config(materialized='view') }}

with closings as (

    select * from {{ ref('stg_loaders__closings') }}

),

totals as (

    select * from {{ ref('stg_loaders__closed_totals') }}

),

published as (

    select
        closings.closed_month,
        closings.edition,
        closings.is_incomplete,
        closings.version_id,
        totals.scope,
        totals.busy_kwh,
        totals.idle_kwh,
        totals.kwh_low,
        totals.kwh_high,
        totals.covered_kwh,
        totals.busy_gCo2eq,
        totals.idle_gCo2eq,
        totals.gCo2eq_low,
        totals.gCo2eq_high,
        totals.hours_expected,
        totals.hours_processed,
        totals.status,
        {{ as_text(iso('closings.closed_at')) }} as closed_at,
        {{ as_text(
            "coalesce(totals.cloud_project_name, totals.machine_name, totals.user_id, "
            ~ "totals.group_name, 'ada')"
        ) }} as scope_name
    from totals
    inner join closings on totals.closing_id = closings.closing_id

)

select * from published
