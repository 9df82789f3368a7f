with usage as (

    select * from {{ ref('fact_usage') }}
    where scope = 'ada'

),

timeseries as (

    select
        usage.ts,
        {{ usage_columns('usage') }}
    from usage

)

select * from timeseries
