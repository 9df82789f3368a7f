{{ config(materialized='view') }}

with history as (

    select * from {{ ref('provider_history') }}
    where is_available = 1

),

providers as (

    select * from {{ ref('providers') }}

),

polls as (

    select
        history.id,
        history.provider_id,
        providers.plan_type,
        history.requests_percentage,
        history.requests_used,
        history.requests_available,
        {{ as_integer(epoch('history.fetched_at')) }} as fetched_at,
        {{ as_integer(epoch('history.next_reset_time')) }} as next_reset_at
    from history
    inner join providers on history.provider_id = providers.provider_id

),

dated as (

    select
        *,
        case when next_reset_at is null then 0 else 1 end as tells_reset,
        max(fetched_at) over (
            partition by provider_id order by id asc
            rows between unbounded preceding and 1 preceding
        ) as newest_before
    from polls

),

in_time as (

    select * from dated
    where newest_before is null or fetched_at > newest_before

),

paired as (

    select
        *,
        {{ as_real('lag(requests_percentage) over by_time') }} as previous_percentage,
        {{ as_real('lag(requests_used) over by_time') }} as previous_used,
        {{ as_real('lag(requests_available) over by_time') }} as previous_available,
        {{ as_integer('lag(fetched_at) over by_time') }} as previous_fetched_at,
        {{ as_integer('lag(next_reset_at) over by_reset') }} as previous_reset_at,
        {{ as_integer('lag(fetched_at) over by_reset') }} as previous_reset_told_at,
        {{ as_integer('lag(next_reset_at, 2) over by_reset') }} as reset_at_before
    from in_time
    window
        by_time as (partition by provider_id order by id asc),
        by_reset as (partition by provider_id, tells_reset order by id asc)

),

compared as (

    select
        *,
        {{ as_integer('case when ' ~ ai_usage_fell('paired') ~ ' then 1 else 0 end') }}
            as has_fallen
    from paired

)

select * from compared
