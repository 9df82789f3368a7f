-- depends_on: {{ ref('int_projects_unplaced') }}
{{ config(
    unique_key=['user_id', 'project_id'],
    replaces={'due': 'dim_project', 'column': 'project_id'},
) }}

with memberships as (

    select * from {{ ref('int_memberships') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

derived as (

    select
        users.user_id,
        projects.project_id
    from memberships
    inner join users on memberships.user_id = users.user_id
    inner join projects
        on memberships.cloud_project_name = projects.cloud_project_name

    union

    select
        users.user_id,
        projects.project_id
    from users
    cross join projects
    where exists (
        select 1
        from {{ ref('int_users_placed') }} as placed
        where
            placed.user_id = users.user_id
            and placed.cloud_project_name = projects.cloud_project_name
    )

),

mapped as (

    select * from derived

    {% if is_incremental() -%}
        union

        select
            known.user_id,
            known.project_id
        from {{ this }} as known
        inner join projects on known.project_id = projects.project_id
        inner join {{ ref('int_projects_unplaced') }} as unplaced
            on projects.cloud_project_name = unplaced.cloud_project_name
    {%- endif %}

)

select * from mapped
