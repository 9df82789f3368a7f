{{ config(materialized='table') }}

with owners as (

    select * from {{ ref('int_owners_clipped') }}

),

segments as (

    select * from {{ ref('int_owner_segments') }}

),

segment_owners as (

    select distinct
        segments.host,
        segments.slot_at,
        segments.up_from,
        segments.segment_from,
        segments.segment_until,
        owners.user_id
    from segments
    -- SQLite indexes owners by these keys, the last one first: in their own order
    inner join owners
        on
            segments.up_from = owners.up_from
            and segments.slot_at = owners.slot_at
            and segments.host = owners.host
            and segments.segment_from >= owners.owned_from
            and segments.segment_until <= owners.owned_until

),

segment_shares as (

    select
        host,
        slot_at,
        user_id,
        {{ as_real('segment_until - segment_from') }} / count(*) over (
            partition by host, slot_at, up_from, segment_from
        ) as owned_seconds
    from segment_owners

),

split as (

    select
        host,
        slot_at,
        user_id,
        {{ as_real('sum(owned_seconds)') }} as owned_seconds
    from segment_shares
    group by host, slot_at, user_id

)

select * from split
