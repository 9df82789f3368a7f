with measured_due as (

    select measured.*
    from {{ ref('int_slots_due') }} as slots_due
    cross join {{ ref('int_host_slots_measured') }} as measured
    where slots_due.slot_at = measured.slot_at

),

documented as (

    select * from {{ ref('int_hosts_documented') }}

),

tagged as (

    select * from {{ ref('int_host_slots_tagged') }}

),

labelled as (

    select
        measured_due.host,
        measured_due.slot_at,
        measured_due.hour_at,
        measured_due.up_seconds,
        measured_due.has_lost_scrapes,
        measured_due.has_unknown_tail,
        measured_due.user_id,
        measured_due.busy_cpu_seconds,
        measured_due.idle_cpu_seconds,
        {{ as_text(
            "coalesce(measured_due.cloud_project_name, "
            ~ "documented.cloud_project_name, tagged.cloud_project_name, "
            ~ "'(unlabelled)')"
        ) }} as cloud_project_name,
        {{ as_text(
            "coalesce(measured_due.machine_name, documented.machine_name, "
            ~ "'(unlabelled)')"
        ) }} as machine_name
    from measured_due
    left join documented
        on
            measured_due.host = documented.host
            and measured_due.slot_at >= documented.documented_from
            and measured_due.slot_at
            < coalesce(documented.documented_until, measured_due.slot_at + 1)
    left join tagged
        on
            measured_due.host = tagged.host
            and measured_due.slot_at = tagged.slot_at

)

select * from labelled
