with source as (

    select * from {{ source('loaders', 'raw_pull_windows') }}

),

renamed as (

    select
        window_id,
        run_id,
        source as source_name,
        window_from as pulled_from,
        window_until as pulled_until,
        state,
        row_count,
        message,
        recorded_at
    from source

)

select * from renamed
