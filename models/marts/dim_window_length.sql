{{ config(materialized='view') }}

with lengths as (

    select 1 as window_hours
    union all
    select 3 as window_hours
    union all
    select 6 as window_hours
    union all
    select 12 as window_hours

)

select * from lengths
