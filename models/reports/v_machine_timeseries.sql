with usage as (

    select * from {{ ref('fact_usage') }}
    where scope = 'machine'

),

machines as (

    select * from {{ ref('dim_machine') }}

),

timeseries as (

    select
        machines.machine_name,
        usage.ts,
        {{ usage_columns('usage') }}
    from usage
    inner join machines on usage.machine_id = machines.machine_id

)

select * from timeseries
