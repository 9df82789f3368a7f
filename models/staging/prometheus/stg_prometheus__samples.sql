with source as (

    select * from {{ source('prometheus', 'raw_prometheus_samples') }}

),

renamed as (

    select
        series_id,
        ts as read_at,
        value as sample_value
    from source

)

select * from renamed
