with owned as (

    select
        host,
        slot_at,
        sum(owned_seconds) as owned_seconds
    from {{ ref('int_owners_split') }}
    group by host, slot_at

),

shares as (

    select
        host,
        slot_at,
        user_id,
        1.0 as share
    from {{ ref('int_host_slots_labelled') }}
    where user_id is not null

    union all

    select
        owners.host,
        owners.slot_at,
        owners.user_id,
        owners.owned_seconds / nullif(host_slots.up_seconds, 0) as share
    from {{ ref('int_owners_split') }} as owners
    inner join {{ ref('int_host_slots_labelled') }} as host_slots
        on owners.host = host_slots.host and owners.slot_at = host_slots.slot_at

    union all

    select
        host_slots.host,
        host_slots.slot_at,
        null as user_id,
        coalesce(
            (host_slots.up_seconds - coalesce(owned.owned_seconds, 0.0))
            / nullif({{ as_real('host_slots.up_seconds') }}, 0.0),
            1.0
        ) as share
    from {{ ref('int_host_slots_labelled') }} as host_slots
    -- SQLite indexes owned by these keys, the last one first: in their own order
    left join owned
        on host_slots.slot_at = owned.slot_at and host_slots.host = owned.host
    where
        host_slots.user_id is null
        and (
            host_slots.up_seconds <= 0
            or host_slots.up_seconds > coalesce(owned.owned_seconds, 0.0)
        )

)

select * from shares
