{{ config(materialized='view') }}

with periods as (

    select
        {{ as_text("'day'") }} as period,
        10 as name_length
    union all
    select
        'month' as period,
        7 as name_length
    union all
    select
        'year' as period,
        4 as name_length
    union all
    select
        'all' as period,
        0 as name_length

)

select * from periods
