with partial as (

    select
        host,
        slot_at
    from {{ ref('int_increments_spread') }}
    where up_from < up_until
    group by host, slot_at
    having count(*) > 1 or max(up_until - up_from) < 1800

),

uptimes as (

    select distinct
        spread.host,
        spread.slot_at,
        spread.up_from,
        spread.up_until
    from partial
    inner join {{ ref('int_increments_spread') }} as spread
        on partial.host = spread.host and partial.slot_at = spread.slot_at
    where spread.up_from < spread.up_until

)

select * from uptimes
