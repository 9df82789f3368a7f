with labelled as (

    select * from {{ ref('int_hosts_last_seen') }}

),

owned as (

    select * from {{ ref('int_workspaces_owned') }}
    where owned_until is null and owned_from is not null

),

active as (

    select
        {{ as_text(
            "coalesce(owned.workspace_document_id, 'host:' || labelled.host)"
        ) }} as workspace_key,
        labelled.host,
        labelled.port,
        {{ as_text(
            "coalesce(nullif(labelled.cloud_project_name, '(unlabelled)'), "
            ~ "owned.cloud_project_name, '(unlabelled)')"
        ) }} as cloud_project_name,
        labelled.machine_name,
        {{ as_text('coalesce(labelled.user_id, owned.user_id)') }} as user_id,
        {{ as_integer(larger_of(
            'coalesce(labelled.boot_at, owned.owned_from, labelled.slot_at)',
            'coalesce(owned.owned_from, labelled.boot_at, labelled.slot_at)',
        )) }} as started_at
    from labelled
    left join owned on labelled.host = owned.host

)

select * from active
