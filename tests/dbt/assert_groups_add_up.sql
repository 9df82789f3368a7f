-- Groups and users without one must have the sum of all users: a user in two groups
-- counts twice, one who is lost on the way not at all. Gates fact_usage and dim_user.
with grouped as (

    select * from {{ ref('int_usage_grouped') }}

),

users as (

    select * from {{ ref('int_usage_by_hour') }}
    where scope = 'user'

),

cut as (

    select
        grouped.ts,
        {{ usage_sums('grouped') }}
    from grouped
    group by grouped.ts

),

whole as (

    select
        users.ts,
        {{ usage_sums('users') }}
    from users
    group by users.ts

),

hours as (

    select ts from cut
    union
    select ts from whole

)

select hours.ts
from hours
left join cut on hours.ts = cut.ts
left join whole on hours.ts = whole.ts
where {{ sums_differ('cut', 'whole') }}
