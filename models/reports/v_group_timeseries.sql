with usage as (

    select * from {{ ref('fact_usage_grouped') }}
    where group_name is not null

),

timeseries as (

    select
        usage.group_name,
        usage.ts,
        {{ usage_columns('usage') }}
    from usage

)

select * from timeseries
