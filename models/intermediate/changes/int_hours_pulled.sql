with hours_asked as (

    select * from {{ ref('int_hours_asked') }}

),

unscraped as (

    select * from {{ ref('int_slots_unscraped') }}

),

runs as (

    select max(is_simulated) as is_simulated from {{ ref('stg_loaders__pull_runs') }}

),

windows as (

    select * from {{ ref('stg_loaders__pull_windows') }}
    where source_name = 'prometheus' and state <> 'done'

),

covered as (

    select
        hours_asked.hour_at,
        max(
            case
                when stretches.pulled_from is null then 0
                when unscraped.hour_at is not null then 1
                when stretches.pulled_from > hours_asked.hour_at then 1
                when stretches.pulled_until < hours_asked.hour_at + 3600 then 1
                else 2
            end
        ) as covering
    from hours_asked
    left join unscraped on hours_asked.hour_at = unscraped.hour_at
    left join {{ ref('int_stretches_pulled') }} as stretches
        on
            hours_asked.hour_at < stretches.pulled_until
            and hours_asked.hour_at + 3600 > stretches.pulled_from
    group by hours_asked.hour_at

),

tried as (

    select covered.hour_at
    from covered
    inner join windows
        on
            covered.hour_at < windows.pulled_until
            and covered.hour_at + 3600 > windows.pulled_from
    where covered.covering < 2
    group by covered.hour_at

),

hours_pulled as (

    select
        {{ as_text(iso('covered.hour_at')) }} as ts,
        {{ as_text(
            "case when covered.covering = 2 then 'complete'"
            ~ " when covered.covering = 1 or tried.hour_at is not null"
            ~ " then 'incomplete' else 'missing' end"
        ) }} as download,
        {{ as_integer('coalesce(runs.is_simulated, 0)') }} as is_simulated
    from covered
    cross join runs
    left join tried on covered.hour_at = tried.hour_at

)

select * from hours_pulled
