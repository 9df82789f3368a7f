with events as (

    select * from {{ ref('reset_events') }}

),

newest_poll as (

    select max({{ epoch('fetched_at') }}) as fetched_at
    from {{ ref('provider_history') }}

),

recent as (

    select
        events.id,
        events.provider_id,
        events.provider_name,
        events.reset_type,
        events.previous_usage,
        events.new_usage,
        events.timestamp
    from events
    cross join newest_poll
    where {{ epoch('events.timestamp') }} >= newest_poll.fetched_at - 30 * 86400

)

select * from recent
