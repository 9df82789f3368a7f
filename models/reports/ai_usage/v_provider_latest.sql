with history as (

    select * from {{ ref('v_provider_history') }}

),

ordered as (

    select
        *,
        row_number() over (
            partition by provider_id order by fetched_at desc, id desc
        ) as age_rank,
        max(case when is_available = 1 then fetched_at end) over (
            partition by provider_id
        ) as last_available_at
    from history

),

latest as (

    select
        provider_id,
        provider_name,
        plan_type,
        unit,
        requests_percentage,
        requests_used,
        requests_available,
        is_available,
        status_message,
        next_reset_time,
        fetched_at,
        last_available_at,
        details_json
    from ordered
    where age_rank = 1

)

select * from latest
