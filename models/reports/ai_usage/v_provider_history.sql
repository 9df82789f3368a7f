with history as (

    select * from {{ ref('provider_history') }}

),

providers as (

    select * from {{ ref('providers') }}

),

named as (

    select
        history.id,
        history.provider_id,
        providers.provider_name,
        providers.plan_type,
        providers.unit,
        history.requests_percentage,
        history.requests_used,
        history.requests_available,
        history.is_available,
        history.status_message,
        history.next_reset_time,
        history.fetched_at,
        history.details_json
    from history
    inner join providers on history.provider_id = providers.provider_id

)

select * from named
