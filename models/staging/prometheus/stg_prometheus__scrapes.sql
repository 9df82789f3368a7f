with source as (

    select * from {{ source('prometheus', 'raw_prometheus_scrapes') }}

),

renamed as (

    select
        series_id,
        ts as scraped_at,
        value as sample_value
    from source

)

select * from renamed
