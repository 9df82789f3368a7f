with source as (

    select * from {{ source('prometheus', 'raw_prometheus_series') }}

),

renamed as (

    select
        series_id,
        metric,
        mode,
        labels as target_labels
    from source

)

select * from renamed
