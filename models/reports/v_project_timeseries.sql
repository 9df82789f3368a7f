with usage as (

    select * from {{ ref('fact_usage') }}
    where scope = 'project'

),

projects as (

    select * from {{ ref('dim_project') }}

),

timeseries as (

    select
        projects.cloud_project_name,
        usage.ts,
        {{ usage_columns('usage') }}
    from usage
    inner join projects on usage.project_id = projects.project_id

)

select * from timeseries
