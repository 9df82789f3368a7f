with source as (

    select * from {{ source('loaders', 'raw_closings') }}

),

renamed as (

    select
        closing_id,
        month as closed_month,
        edition,
        closed_at,
        is_incomplete,
        version_id
    from source

)

select * from renamed
