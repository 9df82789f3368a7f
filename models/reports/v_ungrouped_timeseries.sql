with usage as (

    select * from {{ ref('fact_usage_grouped') }}
    where group_name is null

),

timeseries as (

    select
        usage.ts,
        {{ usage_columns('usage') }}
    from usage

)

select * from timeseries
