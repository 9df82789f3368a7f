with source as (

    select * from {{ source('mongo', 'raw_mongo_users') }}

),

renamed as (

    select
        document_id as user_document_id,
        platform_name as user_id,
        name as display_name,
        gid,
        gone_at
    from source

)

select * from renamed
