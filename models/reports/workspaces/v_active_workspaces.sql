with workspaces as (

    select * from {{ ref('active_workspace') }}

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

usage as (

    select * from {{ ref('v_workspace_usage') }}

),

active as (

    select
        workspaces.workspace_id,
        instances.raw_label as instance,
        instances.host,
        machines.machine_name,
        projects.cloud_project_name,
        workspaces.user_id,
        workspaces.started_at,
        usage.busy_kwh,
        usage.idle_kwh,
        usage.busy_gCo2eq,
        usage.idle_gCo2eq,
        usage.known_from,
        usage.hours_known,
        usage.known_kwh,
        usage.known_gCo2eq,
        usage.covered_kwh,
        usage.has_lost_scrapes
    from workspaces
    inner join instances on workspaces.instance_id = instances.instance_id
    inner join machines on workspaces.machine_id = machines.machine_id
    left join projects on workspaces.project_id = projects.project_id
    left join usage on workspaces.workspace_id = usage.workspace_id

)

select * from active
