with workspaces as (

    select * from {{ ref('stg_mongo__workspaces') }}

),

tags as (

    select * from {{ ref('workspace_tags') }}

),

listed_users as (

    {{ json_items('workspaces', 'workspace_document_id', 'user_ids') }}

),

workspace_users as (

    select
        workspaces.user_id,
        tags.cloud_project_name
    from workspaces
    inner join tags on workspaces.tag = tags.tag

    union

    select
        listed_users.item as user_id,
        tags.cloud_project_name
    from listed_users
    inner join workspaces
        on listed_users.workspace_document_id = workspaces.workspace_document_id
    inner join tags on workspaces.tag = tags.tag

),

memberships as (

    select
        {{ as_text('user_id') }} as user_id,
        {{ as_text('cloud_project_name') }} as cloud_project_name
    from workspace_users
    where user_id is not null

)

select * from memberships
