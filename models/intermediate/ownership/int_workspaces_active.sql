with labelled as (

    select * from {{ ref('int_hosts_last_seen') }}

),

owned as (

    select * from {{ ref('int_workspaces_owned') }}
    where owned_until is null and owned_from is not null

),

tags as (

    select
        host,
        cloud_project_name,
        row_number() over (
            partition by host
            order by owned_from desc, workspace_document_id desc
        ) as place
    from owned
    where cloud_project_name is not null

),

claims as (

    select
        labelled.*,
        owned.workspace_document_id,
        owned.owned_from,
        coalesce(labelled.user_id, owned.user_id) as claimed_by,
        row_number() over (
            partition by labelled.host, owned.user_id
            order by owned.owned_from, owned.workspace_document_id
        ) as place,
        count(owned.user_id) over (partition by labelled.host) as claims_of_host
    from labelled
    left join owned
        on
            labelled.host = owned.host
            and coalesce(labelled.user_id, owned.user_id, '')
            = coalesce(owned.user_id, '')

),

active as (

    select
        {{ as_text(
            "coalesce(claims.workspace_document_id, 'host:' || claims.host)"
        ) }} as workspace_key,
        claims.host,
        claims.port,
        {{ as_text(
            "coalesce(nullif(claims.cloud_project_name, '(unlabelled)'), "
            ~ "tags.cloud_project_name, '(unlabelled)')"
        ) }} as cloud_project_name,
        claims.machine_name,
        {{ as_text('claims.claimed_by') }} as user_id,
        {{ as_integer(larger_of(
            'coalesce(claims.boot_at, claims.owned_from, claims.slot_at)',
            'coalesce(claims.owned_from, claims.boot_at, claims.slot_at)',
        )) }} as started_at
    from claims
    left join tags on claims.host = tags.host and tags.place = 1
    where
        claims.place = 1
        and (claims.claimed_by is not null or claims.claims_of_host = 0)

)

select * from active
