with unattributed as (

    select * from {{ ref('fact_unattributed') }}

),

timeseries as (

    select
        unattributed.ts,
        {{ usage_columns('unattributed') }}
    from unattributed

)

select * from timeseries
