with documented as (

    select * from {{ ref('int_hosts_documented') }}

),

last_slot as (

    select max(slot_at) as slot_at
    from {{ ref('int_host_slots_measured') }}

),

seen as (

    select
        measured.host,
        measured.slot_at,
        measured.port,
        measured.boot_at,
        measured.user_id,
        {{ as_text(
            "coalesce(measured.cloud_project_name, documented.cloud_project_name, "
            ~ "'(unlabelled)')"
        ) }} as cloud_project_name,
        {{ as_text(
            "coalesce(measured.machine_name, documented.machine_name, "
            ~ "'(unlabelled)')"
        ) }} as machine_name
    from last_slot
    inner join {{ ref('int_host_slots_measured') }} as measured
        on last_slot.slot_at = measured.slot_at
    left join documented
        on
            measured.host = documented.host
            and measured.slot_at >= documented.documented_from
            and measured.slot_at
            < coalesce(documented.documented_until, measured.slot_at + 1)

)

select * from seen
