{{ config(materialized='view') }}

with usage as (

    select * from {{ ref('fact_provider_usage') }}

),

manual_resets as (

    select * from {{ ref('stg_ai_usage__resets') }}

),

found as (

    select
        'poll ' || id as event_key,
        'poll ' || id as shown_by,
        provider_id,
        previous_used as previous_usage,
        requests_used as new_usage,
        reset_type,
        reset_at
    from usage
    where reset_type <> 'manual'

),

told as (

    select
        'manual ' || manual_resets.reset_id as event_key,
        'poll ' || usage.id as shown_by,
        manual_resets.provider_id,
        usage.previous_used as previous_usage,
        usage.requests_used as new_usage,
        'manual' as reset_type,
        manual_resets.reset_at
    from manual_resets
    left join usage
        on
            manual_resets.provider_id = usage.provider_id
            and manual_resets.reset_at >= usage.previous_fetched_at
            and manual_resets.reset_at < usage.fetched_at

),

resets as (

    select * from found
    union all
    select * from told

)

select * from resets
