with memberships as (

    select * from {{ ref('map_user_project') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

user_groups as (

    select * from {{ ref('dim_group') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

user_projects as (

    select
        users.user_id,
        users.display_name,
        user_groups.group_name,
        projects.cloud_project_name
    from memberships
    inner join users on memberships.user_id = users.user_id
    inner join projects on memberships.project_id = projects.project_id
    left join user_groups on users.group_id = user_groups.group_id

)

select * from user_projects
