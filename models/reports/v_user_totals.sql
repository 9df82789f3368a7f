with timeseries as (

    select * from {{ ref('v_user_timeseries') }}

),

coverage as (

    select * from {{ ref('v_coverage') }}
    where scope = 'user'

),

sums as (

    select
        timeseries.user_id,
        {{ usage_sums('timeseries') }}
    from timeseries
    group by timeseries.user_id

),

totals as (

    select
        sums.*,
        {{ carbon_shares('sums') }},
        coverage.hours_expected,
        coverage.hours_processed,
        coverage.coverage
    from sums
    inner join coverage on sums.user_id = coverage.scope_name

)

select * from totals
