with equivalences as (

    select
        equivalence,
        unit,
        measure,
        amount_per_unit,
        source_title,
        source_url,
        source_year
    from {{ ref('equivalences') }}

)

select * from equivalences
