with windows as (

    select * from {{ ref('stg_loaders__pull_windows') }}
    where source_name = 'prometheus' and state = 'done'

),

reached as (

    select
        pulled_from,
        pulled_until,
        max(pulled_until) over (
            order by pulled_from, pulled_until
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from windows

),

numbered as (

    select
        pulled_from,
        pulled_until,
        sum(case when pulled_from <= reached_at then 0 else 1 end) over (
            order by pulled_from, pulled_until
            rows between unbounded preceding and current row
        ) as stretch
    from reached

),

stretches as (

    select
        {{ as_integer('min(pulled_from)') }} as pulled_from,
        {{ as_integer('max(pulled_until)') }} as pulled_until
    from numbered
    group by stretch

)

select * from stretches
