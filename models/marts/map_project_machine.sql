{{ config(unique_key=['project_id', 'machine_id']) }}

with labelled as (

    select distinct
        cloud_project_name,
        machine_name
    from {{ ref('int_host_slots_labelled') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

machines as (

    select * from {{ ref('dim_machine') }}

),

mapped as (

    select
        projects.project_id,
        machines.machine_id
    from labelled
    inner join projects
        on labelled.cloud_project_name = projects.cloud_project_name
    inner join machines on labelled.machine_name = machines.machine_name

)

select * from mapped
