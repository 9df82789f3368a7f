{{ config(unique_key='group_name', merge_exclude_columns=['group_id']) }}

with grouped as (

    select * from {{ ref('stg_mongo__groups') }}

),

new_names as (

    select distinct group_name
    from grouped
    where
        group_name is not null
        and group_name not in ({{ names_given('group_name') }})

),

numbered as (

    select
        {{ as_integer(
            highest_id('group_id') ~ ' + row_number() over (order by group_name)'
        ) }} as group_id,
        group_name
    from new_names

)

select * from numbered
