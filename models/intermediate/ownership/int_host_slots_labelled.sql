with measured_due as (

    select measured.*
    from {{ ref('int_slots_due') }} as slots_due
    inner join {{ ref('int_host_slots_measured') }} as measured
        on slots_due.slot_at = measured.slot_at

),

documented as (

    select * from {{ ref('int_hosts_documented') }}

),

owned as (

    select * from {{ ref('int_workspaces_owned') }}
    where cloud_project_name is not null

),

tagged as (

    select
        measured_due.host,
        measured_due.slot_at,
        min(owned.cloud_project_name) as cloud_project_name
    from measured_due
    inner join owned
        on
            measured_due.host = owned.host
            and measured_due.slot_at + 1800 > owned.owned_from
            and measured_due.slot_at
            < coalesce(owned.owned_until, measured_due.slot_at + 1800)
    where measured_due.cloud_project_name is null
    group by measured_due.host, measured_due.slot_at

),

labelled as (

    select
        measured_due.host,
        measured_due.slot_at,
        measured_due.hour_at,
        measured_due.up_seconds,
        measured_due.has_lost_scrapes,
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
    left join documented on measured_due.host = documented.host
    left join tagged
        on
            measured_due.host = tagged.host
            and measured_due.slot_at = tagged.slot_at

)

select * from labelled
