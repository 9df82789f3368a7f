{{ config(materialized='view') }}

with usage as (

    select * from {{ ref('fact_usage') }}
    where scope = 'user'

),

user_groups as (

    select * from {{ ref('dim_group') }}

),

users as (

    select
        dim_users.user_id,
        user_groups.group_name
    from {{ ref('dim_user') }} as dim_users
    left join user_groups on dim_users.group_id = user_groups.group_id

),

summed as (

    {{ usage_by_group('usage', 'users') }}

),

weighted as (

    select
        *,
        {{ as_text(
            "case when first_origin = last_origin then first_origin"
            ~ " when first_origin is not null then 'mixed' end"
        ) }} as intensity_origin,
        {{ as_real(
            "case when lacks_intensity = 1 then null"
            ~ " when busy_kwh + idle_kwh > 0"
            ~ " then (busy_gCo2eq + idle_gCo2eq) / (busy_kwh + idle_kwh)"
            ~ " else mean_intensity_gCo2eq_kwh end"
        ) }} as intensity_gCo2eq_kwh
    from summed

),

grouped as (

    select
        weighted.group_name,
        weighted.ts,
        {{ usage_columns('weighted') }}
    from weighted

)

select * from grouped
