with steps as (

    select * from {{ ref('int_steps') }}

),

counters as (

    select * from {{ ref('int_counters_stepped') }}

),

told as (

    select
        steps.*,
        counters.busy_closing_seconds,
        counters.idle_closing_seconds,
        counters.busy_grown_seconds,
        counters.idle_grown_seconds,
        case
            when steps.life = 'untold' and counters.has_fallen = 1 then 'new life'
            when steps.life = 'untold' then 'same life'
            else steps.life
        end as life_told
    from steps
    inner join counters
        on steps.host = counters.host and steps.read_at = counters.read_at

),

closed as (

    select
        host,
        read_at,
        opening_seen_at,
        life_told as life,
        began_at,
        ended_at,
        {{ as_integer(
            'case when ended_at < read_at and coalesce(lead(life_told) over ('
            ~ "partition by host order by read_at), '') <> 'same life'"
            ~ ' then 1 else 0 end'
        ) }} as has_tail,
        {{ as_real(
            "case life_told when 'same life' then busy_grown_seconds"
            ~ " when 'baseline' then null when 'taken over' then null"
            ~ ' else busy_closing_seconds end'
        ) }} as busy_cpu_seconds,
        {{ as_real(
            "case life_told when 'same life' then idle_grown_seconds"
            ~ " when 'baseline' then null when 'taken over' then null"
            ~ ' else idle_closing_seconds end'
        ) }} as idle_cpu_seconds
    from told

)

select * from closed
