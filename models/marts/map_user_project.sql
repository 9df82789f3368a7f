{{ config(unique_key=['user_id', 'project_id']) }}

with memberships as (

    select * from {{ ref('int_memberships') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

mapped as (

    select
        users.user_id,
        projects.project_id
    from memberships
    inner join users on memberships.user_id = users.user_id
    inner join projects
        on memberships.cloud_project_name = projects.cloud_project_name

)

select * from mapped
