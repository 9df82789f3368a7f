with source as (

    select * from {{ source('loaders', 'raw_builds') }}

),

renamed as (

    select
        build_id,
        change_id,
        factor_change_id,
        pulled_from,
        pulled_until,
        built_at
    from source

)

select * from renamed
