with changes as (

    select * from {{ ref('stg_loaders__changes') }}

),

zeros as (

    select slot_at from {{ ref('stg_carbon_intensity__slots') }}
    where actual_gCo2eq_kwh = 0

),

factor_changes as (

    select * from {{ ref('int_factor_changes') }}

),

ranged as (

    select
        changes.change_id,
        null as factor_change_id,
        changes.source_name as reason,
        case
            when changes.host_spelled is not null
                then {{ larger_of(
                    'coalesce(' ~ slot_of('changes.changed_from') ~ ', 0)',
                    'coalesce(hosts.first_slot_at, 0)',
                ) }}
            when changes.source_name = 'prometheus' or zeros_before.slot_at is not null
                then {{ slot_of('changes.changed_from') }} - 1800
            else {{ slot_of('changes.changed_from') }}
        end as first_slot_at,
        case
            when changes.host_spelled is not null then coalesce(hosts.last_slot_at, 0)
            else coalesce(zeros_after.slot_at, {{ slot_of('changes.changed_until') }})
        end as last_slot_at
    from changes
    left join {{ ref('int_hosts_spanned') }} as hosts
        on changes.host_spelled = hosts.host_spelled
    left join zeros as zeros_before
        on
            changes.source_name = 'carbon-intensity'
            and {{ slot_of('changes.changed_from') }} = zeros_before.slot_at + 1800
    left join zeros as zeros_after
        on
            changes.source_name = 'carbon-intensity'
            and {{ slot_of('changes.changed_until') }} = zeros_after.slot_at - 1800

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
