with slots_due as (

    select * from {{ ref('int_slots_due') }}

),

partial as (

    select
        partial.host,
        partial.slot_at,
        partial.up_from,
        partial.up_until
    from slots_due
    inner join {{ ref('int_uptimes_partial') }} as partial
        on slots_due.slot_at = partial.slot_at

),

throughout as (

    select
        measured.host,
        measured.slot_at,
        measured.slot_at as up_from,
        measured.slot_at + 1800 as up_until
    from slots_due
    inner join {{ ref('int_host_slots_measured') }} as measured
        on slots_due.slot_at = measured.slot_at and measured.up_seconds = 1800
    left join {{ ref('int_uptimes_partial') }} as partial
        on measured.host = partial.host and measured.slot_at = partial.slot_at
    where partial.host is null

),

uptimes as (

    select * from partial
    union all
    select * from throughout

)

select * from uptimes
