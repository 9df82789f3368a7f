with slots as (

    select * from {{ ref('int_slots_due') }}

),

ranges as (

    {{ slot_ranges('slots') }}

)

select * from ranges
