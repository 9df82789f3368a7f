with users as (

    select * from {{ ref('int_users_documented') }}

),

grouped as (

    select * from {{ ref('int_users_grouped') }}

),

memberships as (

    select * from {{ ref('int_memberships') }}

),

charged as (

    select * from {{ ref('int_usage_charged') }}

),

active as (

    select * from {{ ref('int_workspaces_active') }}

),

user_ids as (

    select user_id from users
    union
    select user_id from memberships
    union
    select user_id from charged
    union
    select user_id from active

),

known as (

    select
        {{ as_text('user_ids.user_id') }} as user_id,
        {{ as_text('users.display_name') }} as display_name,
        {{ as_text('grouped.group_name') }} as group_name
    from user_ids
    left join users on user_ids.user_id = users.user_id
    left join grouped on user_ids.user_id = grouped.user_id
    where user_ids.user_id is not null

)

select * from known
