with source as (

    select * from {{ source('carbon_intensity', 'raw_carbon_intensity') }}

),

renamed as (

    select
        slot_at,
        forecast as forecast_gCo2eq_kwh,
        actual as actual_gCo2eq_kwh
    from source

)

select * from renamed
