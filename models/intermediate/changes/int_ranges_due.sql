with slots as (

    select * from {{ ref('int_slots_to_measure') }}

),

ranges as (

    {{ slot_ranges('slots') }}

)

select * from ranges
