with source as (

    select * from {{ source('prometheus', 'raw_prometheus_label_names') }}

),

renamed as (

    select
        role as label_role,
        label_name
    from source

)

select * from renamed
