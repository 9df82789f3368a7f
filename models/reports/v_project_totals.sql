with timeseries as (

    select * from {{ ref('v_project_timeseries') }}

),

coverage as (

    select * from {{ ref('v_coverage') }}
    where scope = 'project'

),

sums as (

    select
        timeseries.cloud_project_name,
        {{ usage_sums('timeseries') }}
    from timeseries
    group by timeseries.cloud_project_name

),

totals as (

    select
        sums.*,
        {{ carbon_shares('sums') }},
        coverage.hours_expected,
        coverage.hours_processed,
        coverage.coverage
    from sums
    inner join coverage on sums.cloud_project_name = coverage.scope_name

)

select * from totals
