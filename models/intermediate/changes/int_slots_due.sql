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

slots_due as (

    select
        slots_pulled.slot_at,
        slots_pulled.hour_at,
        slots_pulled.pulled_from,
        slots_pulled.pulled_until,
        {{ as_integer('(select max(change_id) from touched)') }} as change_id,
        {{ as_integer('(select max(factor_change_id) from touched)') }}
            as factor_change_id
    from hours_due
    inner join slots_pulled on hours_due.hour_at = slots_pulled.hour_at
    where slots_pulled.hour_at + 3600 <= slots_pulled.pulled_until

)

select * from slots_due
