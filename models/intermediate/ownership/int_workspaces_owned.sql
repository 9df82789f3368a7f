{{ config(
    materialized='table',
    indexes=[{'name': 'idx_int_workspaces_owned', 'columns': ['host', 'owned_from']}],
) }}

with workspaces as (

    select * from {{ ref('stg_mongo__workspaces') }}

),

tags as (

    select * from {{ ref('workspace_tags') }}

),

without_port as (

    select
        *,
        {{ host_without_port('host_spelled') }} as host_named
    from workspaces

),

owned as (

    select
        without_port.workspace_document_id,
        {{ as_text(address_of_host('without_port.host_named')) }} as host,
        without_port.user_id,
        tags.cloud_project_name,
        {{ as_integer(
            'coalesce(without_port.acquired_at, without_port.created_at)'
        ) }} as owned_from,
        {{ as_integer(
            'coalesce(without_port.deleted_at, without_port.deleted_seen_at, '
            ~ 'without_port.gone_at)'
        ) }} as owned_until
    from without_port
    left join tags on without_port.tag = tags.tag
    where without_port.host_spelled is not null

)

select * from owned
