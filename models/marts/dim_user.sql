{#- Behind the gates, as the facts are. -#}
-- depends_on: {{ ref('int_usage_versions') }}
{{ config(unique_key='user_id') }}

with users as (

    select * from {{ ref('int_users_known') }}

),

user_groups as (

    select * from {{ ref('dim_group') }}

),

grouped as (

    select
        users.user_id,
        users.display_name,
        {{ as_integer('user_groups.group_id') }} as group_id
    from users
    left join user_groups on users.group_name = user_groups.group_name

)

select * from grouped
