{{ config(unique_key='cloud_project_name', merge_exclude_columns=['project_id']) }}

with labelled as (

    select * from {{ ref('int_host_slots_labelled') }}

),

memberships as (

    select * from {{ ref('int_memberships') }}

),

active as (

    select * from {{ ref('int_workspaces_active') }}

),

names as (

    select cloud_project_name from labelled
    union
    select cloud_project_name from memberships
    union
    select cloud_project_name from active

),

new_names as (

    select cloud_project_name
    from names
    where cloud_project_name not in ({{ names_given('cloud_project_name') }})

),

numbered as (

    select
        {{ as_integer(
            highest_id('project_id')
            ~ ' + row_number() over (order by cloud_project_name)'
        ) }} as project_id,
        cloud_project_name
    from new_names

)

select * from numbered
