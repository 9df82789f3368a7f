with windows as (

    select * from {{ ref('stg_loaders__pull_windows') }}
    where source_name = 'prometheus'

),

asked as (

    select
        min(case when state <> 'failed' then pulled_from end) as asked_from,
        max(pulled_until) as asked_until
    from windows

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
