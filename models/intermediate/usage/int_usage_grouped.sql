with usage as (

    select * from {{ ref('int_usage_by_hour') }}
    where scope = 'user'

),

users as (

    select * from {{ ref('int_users_known') }}

),

grouped as (

    {{ usage_by_group('usage', 'users') }}

)

select * from grouped
