{#- After the facts, so that no hour counts as downloaded before it is in them. -#}
-- depends_on: {{ ref('fact_usage') }}
{{ config(unique_key='ts') }}

with hours_pulled as (

    select
        ts,
        download,
        is_simulated
    from {{ ref('int_hours_pulled') }}

)

select * from hours_pulled
