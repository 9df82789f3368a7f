with within_slot as (

    select
        increments.*,
        slots.slot_at,
        increments.began_at as up_from,
        increments.ended_at as up_until
    from {{ ref('int_increments') }} as increments
    inner join {{ ref('int_slots_to_measure') }} as slots
        on increments.read_at - 1800 = slots.slot_at
    where increments.began_at >= increments.read_at - 1800

),

across_slots as (

    select
        increments.*,
        slots.slot_at,
        {{ larger_of('increments.began_at', 'slots.slot_at') }} as up_from,
        {{ smaller_of('increments.ended_at', 'slots.slot_at + 1800') }} as up_until
    from {{ ref('int_increments') }} as increments
    inner join {{ ref('int_slots_to_measure') }} as slots
        on
            slots.slot_at
            between increments.began_at - 1799 and increments.ended_at - 1
    where increments.began_at < increments.read_at - 1800

),

reached as (

    select * from within_slot
    union all
    select * from across_slots

),

shared as (

    select
        *,
        coalesce(
            {{ as_real('up_until - up_from') }} / nullif(ended_at - began_at, 0), 1.0
        ) as share
    from reached

),

spread as (

    select
        host,
        {{ as_integer('slot_at') }} as slot_at,
        {{ as_integer('read_at') }} as read_at,
        life,
        {{ as_integer('began_at') }} as began_at,
        {{ as_integer('up_from') }} as up_from,
        {{ as_integer('up_until') }} as up_until,
        {{ as_real('share') }} as share,
        {{ as_integer(
            'case when has_tail = 1 and up_until = ended_at then 1'
            ~ " when life in ('new life', 'taken over') and up_from = began_at"
            ~ ' then 1 else 0 end'
        ) }} as has_unknown_tail,
        {{ as_real('busy_cpu_seconds * share') }} as busy_cpu_seconds,
        {{ as_real('idle_cpu_seconds * share') }} as idle_cpu_seconds
    from shared

)

select * from spread
