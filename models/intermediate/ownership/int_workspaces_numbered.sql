{{ config(
    materialized='incremental',
    unique_key='workspace_key',
    merge_exclude_columns=['workspace_id'],
) }}

with active as (

    select * from {{ ref('int_workspaces_active') }}

),

new_workspaces as (

    select distinct workspace_key
    from active
    where workspace_key not in ({{ names_given('workspace_key') }})

),

numbered as (

    select
        {{ as_integer(
            highest_id('workspace_id') ~ ' + row_number() over (order by workspace_key)'
        ) }} as workspace_id,
        workspace_key
    from new_workspaces

)

select * from numbered
