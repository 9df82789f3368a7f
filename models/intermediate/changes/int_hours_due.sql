{{ config(
    materialized='table',
    indexes=[{'name': 'idx_int_hours_due', 'columns': ['ts'], 'unique': true}],
) }}

with slots_due as (

    select * from {{ ref('int_slots_due') }}

),

touched as (

    select * from {{ ref('int_slots_touched') }}

),

reasons as (

    select
        slots_due.hour_at,
        min(touched.first_reason) as first_reason,
        max(touched.last_reason) as last_reason
    from slots_due
    left join touched on slots_due.slot_at = touched.slot_at
    group by slots_due.hour_at

),

hours_due as (

    select
        {{ as_text(iso('hour_at')) }} as ts,
        {{ as_text(
            "case when first_reason is null then 'prometheus'"
            ~ " when first_reason = last_reason then first_reason"
            ~ " else first_reason || ', ' || last_reason end"
        ) }} as reason
    from reasons

)

select * from hours_due
