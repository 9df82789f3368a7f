{{ config(unique_key='id') }}

with polls as (

    select * from {{ ref('int_ai_polls') }}

),

providers as (

    select * from {{ ref('providers') }}

),

new_polls as (

    select
        polls.snapshot_id as id,
        polls.provider_id,
        polls.requests_percentage,
        polls.requests_used,
        polls.requests_available,
        polls.is_available,
        polls.status_message,
        {{ as_text(iso('polls.next_reset_at')) }} as next_reset_time,
        {{ as_text(iso('polls.fetched_at')) }} as fetched_at,
        polls.details_json
    from polls
    inner join providers on polls.provider_id = providers.provider_id
    where polls.snapshot_id not in ({{ names_given('id') }})

)

select * from new_polls
