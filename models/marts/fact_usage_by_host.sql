{#- Behind the gates, as the facts are. -#}
-- depends_on: {{ ref('int_usage_versions') }}
-- depends_on: {{ ref('dim_user') }}
{{ config(
    unique_key=[
        'ts', 'host', 'project_id', 'machine_id', "coalesce(user_id, '')",
    ],
    merge_exclude_columns=['user_id'],
    replaces={'due': 'int_hours_due', 'column': 'ts'},
) }}

with by_host as (

    select * from {{ ref('int_usage_by_host') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

machines as (

    select * from {{ ref('dim_machine') }}

),

numbered as (

    select
        by_host.ts,
        by_host.host,
        projects.project_id,
        machines.machine_id,
        by_host.user_id,
        by_host.up_seconds,
        {{ host_figures('by_host') }}
    from by_host
    inner join projects
        on by_host.cloud_project_name = projects.cloud_project_name
    inner join machines on by_host.machine_name = machines.machine_name

)

select * from numbered
