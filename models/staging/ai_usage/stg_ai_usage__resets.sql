with source as (

    select * from {{ source('ai_usage', 'raw_ai_resets') }}

),

renamed as (

    select
        reset_id,
        provider_id,
        reset_at,
        noted_at
    from source

)

select * from renamed
