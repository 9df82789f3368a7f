with users as (

    select * from {{ ref('int_users_documented') }}

),

user_groups as (

    select * from {{ ref('stg_mongo__groups') }}
    where gone_at is null

),

members as (

    {{ json_items('user_groups', 'group_name', 'member_ids') }}

),

memberships as (

    select
        users.user_id,
        user_groups.group_name,
        0 as place
    from users
    inner join user_groups on users.gid = user_groups.gid

    union all

    select
        item as user_id,
        group_name,
        1 as place
    from members

),

ranked as (

    select
        user_id,
        group_name,
        row_number() over (
            partition by user_id
            order by place, group_name
        ) as position
    from memberships
    where user_id is not null and group_name is not null

),

grouped as (

    select
        user_id,
        group_name
    from ranked
    where position = 1

)

select * from grouped
