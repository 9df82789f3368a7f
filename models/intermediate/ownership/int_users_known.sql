with users as (

    select * from {{ ref('stg_mongo__users') }}

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

display_names as (

    select
        user_id,
        min(display_name) as display_name
    from users
    group by user_id

),

known as (

    select
        {{ as_text('user_ids.user_id') }} as user_id,
        {{ as_text('display_names.display_name') }} as display_name,
        {{ as_text('grouped.group_name') }} as group_name
    from user_ids
    left join display_names on user_ids.user_id = display_names.user_id
    left join grouped on user_ids.user_id = grouped.user_id
    where user_ids.user_id is not null

)

select * from known
