with increments as (

    select * from {{ ref('int_increments') }}

),

slots_due as (

    select * from {{ ref('int_slots_due') }}

),

within_slot as (

    select
        increments.*,
        slots_due.slot_at,
        increments.began_at as up_from,
        increments.ended_at as up_until
    from increments
    inner join slots_due on increments.read_at - 1800 = slots_due.slot_at
    where increments.began_at >= increments.read_at - 1800

),

across_slots as (

    select
        increments.*,
        slots_due.slot_at,
        {{ larger_of('increments.began_at', 'slots_due.slot_at') }} as up_from,
        {{ smaller_of('increments.ended_at', 'slots_due.slot_at + 1800') }} as up_until
    from increments
    inner join slots_due
        on
            increments.began_at < slots_due.slot_at + 1800
            and increments.ended_at > slots_due.slot_at
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
        {{ as_integer('up_from') }} as up_from,
        {{ as_integer('up_until') }} as up_until,
        {{ as_real('share') }} as share,
        {{ as_real('busy_cpu_seconds * share') }} as busy_cpu_seconds,
        {{ as_real('idle_cpu_seconds * share') }} as idle_cpu_seconds
    from shared

)

select * from spread
