with slots as (

    select * from {{ ref('int_slots_touched') }}

),

ranges as (

    {{ slot_ranges('slots') }}

)

select * from ranges
