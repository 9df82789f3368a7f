with uptimes as (

    select * from {{ ref('int_uptimes') }}

),

labelled as (

    select * from {{ ref('int_host_slots_labelled') }}
    where user_id is null

),

owned as (

    select * from {{ ref('int_workspaces_owned') }}
    where user_id is not null

),

clipped as (

    select distinct
        uptimes.host,
        uptimes.slot_at,
        uptimes.up_from,
        owned.user_id,
        {{ as_integer(larger_of('uptimes.up_from', 'owned.owned_from')) }}
            as owned_from,
        {{ as_integer(smaller_of(
            'uptimes.up_until',
            'coalesce(owned.owned_until, uptimes.up_until)',
        )) }} as owned_until
    from uptimes
    inner join labelled
        on uptimes.host = labelled.host and uptimes.slot_at = labelled.slot_at
    inner join owned
        on
            uptimes.host = owned.host
            and uptimes.up_until > owned.owned_from
            and uptimes.up_from < coalesce(owned.owned_until, uptimes.up_until)

)

select * from clipped
where owned_from < owned_until
