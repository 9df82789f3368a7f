with users as (

    select * from {{ ref('stg_mongo__users') }}

),

ranked as (

    select
        user_id,
        display_name,
        gid,
        row_number() over (
            partition by user_id
            order by
                case when gone_at is null then 0 else 1 end asc,
                gone_at desc,
                user_document_id desc
        ) as place
    from users
    where user_id is not null

),

documented as (

    select
        user_id,
        display_name,
        gid
    from ranked
    where place = 1

)

select * from documented
