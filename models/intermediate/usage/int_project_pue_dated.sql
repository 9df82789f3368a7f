with project_pue as (

    select * from {{ ref('project_pue') }}

),

dated as (

    select
        nullif(cloud_project_name, '') as cloud_project_name,
        {{ epoch('valid_from') }} as valid_from_at,
        lead({{ epoch('valid_from') }}) over (
            partition by nullif(cloud_project_name, '')
            order by valid_from
        ) as valid_until_at,
        pue
    from project_pue

)

select * from dated
