with usage as (

    select * from {{ ref('fact_usage') }}
    where scope = 'user'

),

timeseries as (

    select
        usage.user_id,
        usage.ts,
        {{ usage_columns('usage') }}
    from usage

)

select * from timeseries
