with snapshots as (

    select * from {{ ref('stg_ai_usage__snapshots') }}

),

providers as (

    select * from {{ ref('ai_providers') }}

),

picked as (

    select
        snapshots.snapshot_id,
        snapshots.provider_id,
        snapshots.raw_json,
        snapshots.http_status,
        snapshots.fetched_at,
        providers.used_path,
        providers.limit_path,
        providers.remaining_path,
        providers.used_percentage_path,
        providers.reset_path,
        providers.reset_unit,
        providers.details_path,
        case
            when providers.item_path is null then snapshots.raw_json
            else {{ json_item_that_has(
                'snapshots.raw_json', 'providers.item_path', 'providers.item_match'
            ) }}
        end as figures_json
    from snapshots
    inner join providers on snapshots.provider_id = providers.provider_id

),

figures as (

    select
        snapshot_id,
        provider_id,
        http_status,
        fetched_at,
        used_path,
        limit_path,
        remaining_path,
        used_percentage_path,
        reset_unit,
        {{ as_real(json_number('figures_json', 'used_path')) }} as used,
        {{ as_real(json_number('figures_json', 'limit_path')) }} as quota,
        {{ as_real(json_number('figures_json', 'remaining_path')) }} as remaining,
        {{ as_real(json_number('figures_json', 'used_percentage_path')) }}
            as used_percentage,
        {{ as_real(json_number('figures_json', 'reset_path')) }} as reset_number,
        {{ as_text(json_at('figures_json', 'reset_path')) }} as reset_text,
        {{ as_text(json_at('raw_json', 'details_path')) }} as details_json,
        {{ as_text(json_text('raw_json', "'text'")) }} as said
    from picked

)

select * from figures
