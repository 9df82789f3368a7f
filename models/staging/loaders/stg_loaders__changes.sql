with source as (

    select * from {{ source('loaders', 'raw_changes') }}

),

renamed as (

    select
        change_id,
        source as source_name,
        changed_from,
        changed_until,
        hostname as host_spelled,
        noted_at
    from source

)

select * from renamed
