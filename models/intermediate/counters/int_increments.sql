{{ config(materialized='table') }}

with closed as (

    select * from {{ ref('int_lives_closed') }}

),

scraped as (

    select * from {{ ref('int_lives_summed') }}

),

increments as (

    select
        closed.host,
        closed.read_at,
        closed.life,
        closed.began_at,
        closed.ended_at,
        closed.has_tail,
        closed.busy_cpu_seconds,
        closed.idle_cpu_seconds
    from closed
    left join scraped
        on closed.host = scraped.host and closed.read_at = scraped.read_at
    -- a sample on the edge closes two half-hours; the later one has seen nothing new
    where scraped.host is null and closed.ended_at > closed.read_at - 1800

    union all

    select
        host,
        read_at,
        life,
        began_at,
        ended_at,
        has_tail,
        busy_cpu_seconds,
        idle_cpu_seconds
    from scraped

),

bounded as (

    select
        host,
        read_at,
        life,
        busy_cpu_seconds,
        idle_cpu_seconds,
        ended_at,
        has_tail,
        case
            when
                life in ('baseline', 'taken over')
                or began_at is null
                or began_at >= ended_at
                then {{ smaller_of('read_at - 1800', 'ended_at') }}
            else began_at
        end as began_at
    from increments

)

select * from bounded
