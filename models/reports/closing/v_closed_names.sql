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

)

select * from names
