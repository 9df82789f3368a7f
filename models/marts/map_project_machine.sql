-- depends_on: {{ ref('int_projects_unplaced') }}
{{ config(
    unique_key=['project_id', 'machine_id'],
    replaces={'due': 'dim_project', 'column': 'project_id'},
) }}

with projects as (

    select * from {{ ref('dim_project') }}

),

machines as (

    select * from {{ ref('dim_machine') }}

),

-- all pairs of names are few, all hours are many: each pair is looked up by its key
derived as (

    select
        projects.project_id,
        machines.machine_id
    from projects
    cross join machines
    where exists (
        select 1
        from {{ ref('int_machines_placed') }} as placed
        where
            placed.cloud_project_name = projects.cloud_project_name
            and placed.machine_name = machines.machine_name
    )

),

mapped as (

    select * from derived

    {% if is_incremental() -%}
        union

        select
            known.project_id,
            known.machine_id
        from {{ this }} as known
        inner join projects on known.project_id = projects.project_id
        inner join {{ ref('int_projects_unplaced') }} as unplaced
            on projects.cloud_project_name = unplaced.cloud_project_name
    {%- endif %}

)

select * from mapped
