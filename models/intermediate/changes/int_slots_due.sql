{{ config(
    materialized='table',
    indexes=[{
        'name': 'idx_int_slots_due', 'columns': ['slot_at'], 'unique': true
    }],
) }}

with slots_pulled as (

    select * from {{ ref('int_slots_pulled') }}

),

touched as (

    select * from {{ ref('int_slots_touched') }}

),

gaps as (

    select * from {{ ref('int_gaps_touched') }}

),

hours_due as (

    select slots_pulled.hour_at
    from touched
    inner join slots_pulled on touched.slot_at = slots_pulled.slot_at

    union

    select slots_pulled.hour_at
    from gaps
    inner join slots_pulled
        on
            slots_pulled.slot_at
            between gaps.first_slot_at and gaps.last_slot_at

),

-- a pull may end between the two models: what it covers is the next build's
taken_in as (

    select
        min(pulled_from) as pulled_from,
        max(pulled_until) as pulled_until,
        max(change_id) as change_id,
        max(factor_change_id) as factor_change_id
    from touched

),

slots_due as (

    select
        slots_pulled.slot_at,
        slots_pulled.hour_at,
        {{ as_integer('taken_in.pulled_from') }} as pulled_from,
        {{ as_integer('taken_in.pulled_until') }} as pulled_until,
        {{ as_integer('taken_in.change_id') }} as change_id,
        {{ as_integer('taken_in.factor_change_id') }} as factor_change_id
    from hours_due
    inner join slots_pulled on hours_due.hour_at = slots_pulled.hour_at
    cross join taken_in
    where slots_pulled.hour_at + 3600 <= taken_in.pulled_until

)

select * from slots_due
