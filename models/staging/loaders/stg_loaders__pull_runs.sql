with source as (

    select * from {{ source('loaders', 'raw_pull_runs') }}

),

renamed as (

    select
        run_id,
        source as source_name,
        since as asked_from,
        until as asked_until,
        started_at,
        ended_at,
        state,
        row_count,
        message,
        is_simulated
    from source

)

select * from renamed
