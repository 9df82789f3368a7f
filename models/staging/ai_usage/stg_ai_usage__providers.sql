with source as (

    select * from {{ source('ai_usage', 'raw_ai_providers') }}

),

renamed as (

    select
        provider_id,
        auth_source,
        config_json,
        landed_at
    from source

)

select * from renamed
