{{ config(materialized='table') }}

with host_slots as (

    select * from {{ ref('int_host_slots_labelled') }}

),

shares as (

    select * from {{ ref('int_host_slot_shares') }}

),

shared as (

    select
        host_slots.host,
        host_slots.slot_at,
        host_slots.hour_at,
        host_slots.cloud_project_name,
        host_slots.machine_name,
        host_slots.has_lost_scrapes,
        host_slots.has_unknown_tail,
        {{ as_text('shares.user_id') }} as user_id,
        {{ as_real('shares.share') }} as share,
        {{ as_real('host_slots.up_seconds * shares.share') }} as up_seconds,
        {{ as_real('host_slots.busy_cpu_seconds * shares.share') }}
            as busy_cpu_seconds,
        {{ as_real('host_slots.idle_cpu_seconds * shares.share') }}
            as idle_cpu_seconds
    from shares
    inner join host_slots
        on shares.host = host_slots.host and shares.slot_at = host_slots.slot_at

)

select * from shared
