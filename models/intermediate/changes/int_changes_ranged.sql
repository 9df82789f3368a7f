with changes as (

    select * from {{ ref('stg_loaders__changes') }}

),

factor_changes as (

    select * from {{ ref('int_factor_changes') }}

),

ranged as (

    select
        change_id,
        null as factor_change_id,
        source_name as reason,
        case
            when source_name = 'mongo' then {{ slot_of('changed_from') }}
            else {{ slot_of('changed_from') }} - 1800
        end as first_slot_at,
        case
            when source_name = 'carbon-intensity'
                then {{ slot_of('changed_until') }} + 1800
            else {{ slot_of('changed_until') }}
        end as last_slot_at
    from changes

    union all

    select
        null as change_id,
        factor_change_id,
        'factors' as reason,
        {{ slot_of(epoch('valid_from')) }} as first_slot_at,
        null as last_slot_at
    from factor_changes

),

cast_ranges as (

    select
        {{ as_integer('change_id') }} as change_id,
        {{ as_integer('factor_change_id') }} as factor_change_id,
        {{ as_text('reason') }} as reason,
        {{ as_integer('first_slot_at') }} as first_slot_at,
        {{ as_integer('last_slot_at') }} as last_slot_at
    from ranged

)

select * from cast_ranges
