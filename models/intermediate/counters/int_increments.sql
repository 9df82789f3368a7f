{{ config(materialized='table') }}

with closed as (

    select * from {{ ref('int_lives_closed') }}

),

ended as (

    select * from {{ ref('int_lives_ended_counted') }}

),

increments as (

    select
        host,
        read_at,
        life,
        began_at,
        ended_at,
        busy_cpu_seconds,
        idle_cpu_seconds
    from closed

    union all

    select
        host,
        read_at,
        'ended life' as life,
        began_at,
        ended_at,
        busy_cpu_seconds,
        idle_cpu_seconds
    from ended

),

bounded as (

    select
        host,
        read_at,
        life,
        busy_cpu_seconds,
        idle_cpu_seconds,
        ended_at,
        case
            when life = 'baseline' or began_at is null or began_at >= ended_at
                then {{ smaller_of('read_at - 1800', 'ended_at') }}
            else began_at
        end as began_at
    from increments

)

select * from bounded
