with timeseries as (

    select * from {{ ref('v_machine_timeseries') }}

),

coverage as (

    select * from {{ ref('v_coverage') }}
    where scope = 'machine'

),

sums as (

    select
        timeseries.machine_name,
        {{ usage_sums('timeseries') }}
    from timeseries
    group by timeseries.machine_name

),

totals as (

    select
        sums.*,
        {{ carbon_shares('sums') }},
        coverage.hours_expected,
        coverage.hours_processed,
        coverage.coverage
    from sums
    inner join coverage on sums.machine_name = coverage.scope_name

)

select * from totals
