with closed as (

    select * from {{ ref('int_lives_closed') }}

),

scraped as (

    select
        host,
        read_at,
        max(ended_at) as scraped_until
    from {{ ref('int_lives_summed') }}
    group by host, read_at

),

lives_read as (

    select
        closed.host,
        closed.read_at,
        closed.ended_at,
        closed.has_tail,
        case when scraped.host is null then closed.busy_cpu_seconds end
            as busy_cpu_seconds,
        case when scraped.host is null then closed.idle_cpu_seconds end
            as idle_cpu_seconds,
        {{ as_text(
            "case when scraped.host is null then closed.life else 'taken over' end"
        ) }} as life,
        coalesce(scraped.scraped_until, closed.began_at) as began_at
    from closed
    left join scraped
        on closed.host = scraped.host and closed.read_at = scraped.read_at
    where
        -- a sample on the edge closes two half-hours; the later one has nothing new
        closed.ended_at > closed.read_at - 1800
        and (scraped.host is null or scraped.scraped_until < closed.ended_at)

)

select * from lives_read
