{#- Behind the gates, as the facts are. -#}
-- depends_on: {{ ref('int_usage_versions') }}
{{ config(
    unique_key='workspace_id',
    replaces={'due': 'int_workspaces_numbered', 'column': 'workspace_id'},
) }}

with active as (

    select * from {{ ref('int_workspaces_active') }}

),

numbered as (

    select * from {{ ref('int_workspaces_numbered') }}

),

instances as (

    select * from {{ ref('dim_instance') }}

),

machines as (

    select * from {{ ref('dim_machine') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

workspaces as (

    select
        numbered.workspace_id,
        instances.instance_id,
        machines.machine_id,
        users.user_id,
        projects.project_id,
        {{ as_text(iso('active.started_at')) }} as started_at
    from active
    inner join numbered on active.workspace_key = numbered.workspace_key
    inner join instances
        on
            active.host = instances.host
            and coalesce(active.port, -1) = coalesce(instances.port, -1)
    inner join machines on active.machine_name = machines.machine_name
    inner join projects on active.cloud_project_name = projects.cloud_project_name
    left join users on active.user_id = users.user_id

)

select * from workspaces
