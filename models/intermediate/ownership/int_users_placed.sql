with charged as (

    select * from {{ ref('int_usage_charged') }}

),

placed as (

    select distinct
        user_id,
        cloud_project_name,
        hour_at
    from charged
    where user_id is not null

)

select * from placed
