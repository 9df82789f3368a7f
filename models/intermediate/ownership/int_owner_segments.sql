with owners as (

    select * from {{ ref('int_owners_clipped') }}

),

bounds as (

    select
        host,
        slot_at,
        up_from,
        owned_from as bound_at
    from owners

    union

    select
        host,
        slot_at,
        up_from,
        owned_until as bound_at
    from owners

),

segments as (

    select
        host,
        slot_at,
        up_from,
        bound_at as segment_from,
        lead(bound_at) over (
            partition by host, slot_at, up_from
            order by bound_at
        ) as segment_until
    from bounds

)

select * from segments
where segment_until is not null
