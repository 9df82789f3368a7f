{{ config(unique_key='ts') }}

with hours_pulled as (

    select
        ts,
        download,
        is_simulated
    from {{ ref('int_hours_pulled') }}

)

select * from hours_pulled
