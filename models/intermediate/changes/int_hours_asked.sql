with windows as (

    select * from {{ ref('stg_loaders__pull_windows') }}
    where source_name = 'prometheus'

),

-- what a run did not come to ask has no window
runs as (

    select * from {{ ref('stg_loaders__pull_runs') }}
    where source_name = 'prometheus'

),

bounds as (

    select
        case when state <> 'failed' then pulled_from end as asked_from,
        pulled_until as asked_until
    from windows

    union all

    select
        null as asked_from,
        asked_until
    from runs

),

asked as (

    select
        min(asked_from) as asked_from,
        max(asked_until) as asked_until
    from bounds

),

hours as (

    {{ spine(
        '(select asked_from - asked_from % 3600 from asked)',
        '(select asked_until - 3600 from asked)',
        3600,
    ) }}

),

hours_asked as (

    select
        {{ as_integer('slot_at') }} as hour_at
    from hours

)

select * from hours_asked
