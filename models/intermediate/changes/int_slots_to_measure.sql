{{ config(
    materialized='table',
    indexes=[{
        'name': 'idx_int_slots_to_measure', 'columns': ['slot_at'], 'unique': true
    }],
) }}

with slots_due as (

    select * from {{ ref('int_slots_due') }}

),

prunings as (

    select * from {{ ref('stg_loaders__prunings') }}

),

frontier as (

    select coalesce(max(pruned_before), 0) as pruned_before from prunings

),

slots_to_measure as (

    select slots_due.slot_at
    from slots_due
    cross join frontier
    where slots_due.slot_at >= frontier.pruned_before

)

select * from slots_to_measure
