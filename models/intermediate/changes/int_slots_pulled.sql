with windows as (

    select * from {{ ref('stg_loaders__pull_windows') }}

),

pulled as (

    select
        min(pulled_from) as pulled_from,
        max(pulled_until) as pulled_until
    from windows
    where source_name = 'prometheus' and state <> 'failed'

),

slots as (

    {{ spine(
        '(select pulled_from from pulled)',
        '(select pulled_until - 1800 from pulled)',
        1800,
    ) }}

),

slots_pulled as (

    select
        {{ as_integer('slots.slot_at') }} as slot_at,
        {{ as_integer(slot_of('slots.slot_at', 3600)) }} as hour_at,
        pulled.pulled_from,
        pulled.pulled_until
    from slots
    cross join pulled

)

select * from slots_pulled
