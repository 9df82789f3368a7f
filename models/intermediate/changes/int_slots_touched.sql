{{ config(
    materialized='table',
    indexes=[{
        'name': 'idx_int_slots_touched', 'columns': ['slot_at'], 'unique': true
    }],
) }}

with slots_pulled as (

    select * from {{ ref('int_slots_pulled') }}

),

changes as (

    select * from {{ ref('int_changes_ranged') }}

),

builds as (

    select * from {{ ref('stg_loaders__builds') }}

),

new_changes as (

    select * from changes
    where
        change_id > {{ last_taken_in('builds', 'change_id') }}
        or factor_change_id > {{ last_taken_in('builds', 'factor_change_id') }}

),

touched as (

    select distinct
        slots_pulled.slot_at,
        new_changes.reason
    from new_changes
    cross join slots_pulled
    where
        slots_pulled.slot_at
        between coalesce(new_changes.first_slot_at, slots_pulled.slot_at)
        and coalesce(new_changes.last_slot_at, slots_pulled.slot_at)

    union

    select
        slot_at,
        'prometheus' as reason
    from slots_pulled
    where
        hour_at + 3600 > {{ last_taken_in('builds', 'pulled_until') }}
        or slot_at < (select min(builds.pulled_from) from builds)

),

slots_touched as (

    select
        slot_at,
        {% for source in ['carbon-intensity', 'factors', 'mongo', 'prometheus'] -%}
            max(case when reason in ('{{ source }}', 'full-refresh') then 1 else 0 end)
                as by_{{ source | replace('-', '_') }},
        {% endfor -%}
        {{ as_integer('(select min(pulled_from) from slots_pulled)') }} as pulled_from,
        {{ as_integer('(select max(pulled_until) from slots_pulled)') }}
            as pulled_until,
        {{ as_integer('(select coalesce(max(change_id), 0) from changes)') }}
            as change_id,
        {{ as_integer('(select coalesce(max(factor_change_id), 0) from changes)') }}
            as factor_change_id
    from touched
    group by slot_at

)

select * from slots_touched
