with names as (

    select * from {{ ref('v_closed_names') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

user_groups as (

    select * from {{ ref('dim_group') }}

),

members as (

    select
        names.closed_month,
        names.edition,
        user_groups.group_name,
        sum(names.published_kwh) as published_kwh,
        sum(names.published_gCo2eq) as published_gCo2eq
    from names
    inner join users on names.scope = 'user' and names.scope_name = users.user_id
    inner join user_groups on users.group_id = user_groups.group_id
    group by names.closed_month, names.edition, user_groups.group_name

),

moved as (

    select
        names.closed_month,
        names.edition,
        names.scope_name as group_name,
        names.published_kwh,
        members.published_kwh as members_published_kwh
    from names
    left join members
        on
            names.closed_month = members.closed_month
            and names.edition = members.edition
            and names.scope_name = members.group_name
    where
        names.scope = 'group'
        and (
            {{ differs('names.published_kwh', 'members.published_kwh') }}
            or {{ differs('names.published_gCo2eq', 'members.published_gCo2eq') }}
        )

)

select * from moved
