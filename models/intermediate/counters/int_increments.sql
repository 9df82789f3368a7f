{{ config(materialized='table') }}

with increments as (

    select
        host,
        read_at,
        life,
        began_at,
        ended_at,
        has_tail,
        busy_cpu_seconds,
        idle_cpu_seconds
    from {{ ref('int_lives_read') }}

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
    from {{ ref('int_lives_summed') }}

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
                life = 'baseline'
                or began_at is null
                or began_at > ended_at + 30
                then {{ smaller_of('read_at - 1800', 'ended_at') }}
            else {{ smaller_of('began_at', 'ended_at') }}
        end as began_at
    from increments

)

select * from bounded
