with history as (

    select
        *,
        {{ as_text('substr(fetched_at, 1, 10)') }} as day
    from {{ ref('v_provider_history') }}

),

usage as (

    select * from {{ ref('fact_provider_usage') }}

),

days as (

    select
        history.provider_id,
        history.provider_name,
        history.unit,
        history.day,
        {{ as_real('sum(usage.used_since)') }} as used,
        {{ as_integer('count(usage.reset_type)') }} as reset_count,
        {{ as_integer('count(*)') }} as poll_count,
        {{ as_integer('sum(1 - history.is_available)') }} as failed_poll_count
    from history
    left join usage on history.id = usage.id
    group by history.provider_id, history.provider_name, history.unit, history.day

)

select * from days
