{{ config(materialized='view') }}

with equivalences as (

    select
        equivalence,
        unit,
        measure,
        amount_per_unit,
        source_title,
        source_url,
        source_year
    from {{ ref('int_equivalences') }}

)

select * from equivalences
