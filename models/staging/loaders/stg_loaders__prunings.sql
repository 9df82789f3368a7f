with source as (

    select * from {{ source('loaders', 'raw_prunings') }}

),

renamed as (

    select
        pruning_id,
        pruned_before,
        pruned_at,
        sample_count,
        scrape_count,
        backup_path
    from source

)

select * from renamed
