with source as (

    select * from {{ source('mongo', 'raw_mongo_groups') }}

),

renamed as (

    select
        document_id as group_document_id,
        name as group_name,
        gid,
        type as group_type,
        members as member_ids,
        gone_at
    from source

)

select * from renamed
