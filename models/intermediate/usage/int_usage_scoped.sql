with charged as (

    select * from {{ ref('int_usage_charged') }}

),

scoped as (

    select
        'ada' as scope,
        null as cloud_project_name,
        null as machine_name,
        null as user_id,
        {{ usage_measures() }}
    from charged

    union all

    select
        'project' as scope,
        cloud_project_name,
        null as machine_name,
        null as user_id,
        {{ usage_measures() }}
    from charged

    union all

    select
        'machine' as scope,
        null as cloud_project_name,
        machine_name,
        null as user_id,
        {{ usage_measures() }}
    from charged

    union all

    select
        case when user_id is null then 'unattributed' else 'user' end as scope,
        null as cloud_project_name,
        null as machine_name,
        user_id,
        {{ usage_measures() }}
    from charged

)

select * from scoped
