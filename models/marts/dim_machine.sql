{{ config(unique_key='machine_name', merge_exclude_columns=['machine_id']) }}

with labelled as (

    select * from {{ ref('int_host_slots_labelled') }}

),

active as (

    select * from {{ ref('int_workspaces_active') }}

),

names as (

    select machine_name from labelled
    union
    select machine_name from active

),

new_names as (

    select machine_name
    from names
    where machine_name not in ({{ names_given('machine_name') }})

),

numbered as (

    select
        {{ as_integer(
            highest_id('machine_id') ~ ' + row_number() over (order by machine_name)'
        ) }} as machine_id,
        machine_name
    from new_names

)

select * from numbered
