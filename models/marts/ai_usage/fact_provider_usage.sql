{{ config(materialized='view') }}

with polls as (

    select * from {{ ref('fact_provider_poll') }}

),

manual_resets as (

    select * from {{ ref('stg_ai_usage__resets') }}

),

judged as (

    select
        polls.*,
        case when {{ ai_reset_told('polls', 'manual_resets') }} then 1 else 0 end
            as is_manual
    from polls

),

followed as (

    select
        *,
        max(case when is_manual = 1 or has_fallen = 1 then fetched_at end) over (
            partition by provider_id order by id asc
            rows between unbounded preceding and 1 preceding
        ) as last_found_at
    from judged

),

moved as (

    select
        *,
        case when {{ ai_reset_moved('followed') }} then 1 else 0 end as has_moved,
        case when {{ ai_usage_is_stale('followed') }} then 1 else 0 end as is_stale
    from followed

),

late as (

    select
        *,
        case when {{ ai_falls_late('moved') }} then 1 else 0 end as falls_late
    from moved

),

counted as (

    select
        id,
        provider_id,
        fetched_at,
        previous_fetched_at,
        previous_used,
        requests_used,
        {{ as_text(ai_reset_type()) }} as reset_type,
        {{ as_integer(
            'case when has_moved = 1 then previous_reset_at else fetched_at end'
        ) }} as reset_at,
        {{ as_real(ai_used_since()) }} as used_since
    from late

)

select * from counted
