with figures as (

    select
        *,
        coalesce(used, remaining, used_percentage) as any_usage,
        {{ ai_figures_lacking() }} as lacking
    from {{ ref('int_ai_figures') }}

),

completed as (

    select
        *,
        coalesce(used, quota - remaining) as used_known,
        coalesce(quota, used + remaining) as quota_known
    from figures
    where http_status between 200 and 299 and any_usage is not null and lacking = ''

),

measured as (

    select
        snapshot_id,
        details_json,
        {{ as_real("""
            coalesce(
                used_percentage,
                case when quota_known > 0 then 100.0 * used_known / quota_known end
            )
        """) }} as requests_percentage,
        {{ as_real("""
            coalesce(
                used_known,
                used_percentage * quota_known / 100.0,
                case when remaining is null then used_percentage end
            )
        """) }} as requests_used,
        {{ as_real("""
            coalesce(
                quota_known, remaining, case when used is null then 100.0 end
            )
        """) }} as requests_available,
        {{ as_integer(ai_reset_at()) }} as next_reset_at
    from completed

),

polls as (

    select
        figures.snapshot_id,
        figures.provider_id,
        figures.fetched_at,
        measured.requests_percentage,
        measured.requests_used,
        measured.requests_available,
        measured.next_reset_at,
        measured.details_json,
        {{ as_integer('case when measured.snapshot_id is null then 0 else 1 end') }}
            as is_available,
        {{ as_text("""
            case
                when figures.http_status = 0 then coalesce(figures.said, 'no answer')
                when figures.http_status not between 200 and 299
                    then 'HTTP ' || figures.http_status
                when figures.lacking <> ''
                    then 'the answer lacks ' || substr(figures.lacking, 3)
                else 'ok'
            end
        """) }} as status_message
    from figures
    left join measured on figures.snapshot_id = measured.snapshot_id

)

select * from polls
