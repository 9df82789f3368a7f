with named as (

    select distinct
        changes.host_spelled,
        {{ host_without_port('changes.host_spelled') }} as host_named
    from {{ ref('stg_loaders__changes') }} as changes
    where
        changes.change_id > {{ last_taken_in(ref('stg_loaders__builds'), 'change_id') }}

),

pulled as (

    select min(slot_at) as pulled_from from {{ ref('int_slots_pulled') }}

),

frozen as (

    select max(pruned_before) as frozen_before from {{ ref('stg_loaders__prunings') }}

),

series as (

    select
        named.host_spelled,
        hosted.series_id,
        hosted.metric
    from named
    inner join {{ ref('int_series_hosted') }} as hosted
        on {{ address_of_host('named.host_named') }} = hosted.host
    where
        hosted.mode = 'idle'
        or hosted.metric in ('boot_time_seconds', 'scraped_boot_time_seconds')

),

seen as (

    select
        series.host_spelled,
        case series.metric
            when 'boot_time_seconds' then {{ slot_of('samples.sample_value') }}
            else samples.read_at - 1800
        end as slot_at
    from series
    inner join {{ ref('stg_prometheus__samples') }} as samples
        on series.series_id = samples.series_id

    union all

    select
        series.host_spelled,
        {{ slot_of('scrapes.sample_value') }} as slot_at
    from series
    inner join {{ ref('stg_prometheus__scrapes') }} as scrapes
        on series.series_id = scrapes.series_id
    where series.metric = 'scraped_boot_time_seconds'

),

spanned as (

    select
        seen.host_spelled,
        {{ as_integer(
            'min(case when seen.slot_at < frozen.frozen_before'
            ~ ' then pulled.pulled_from else seen.slot_at end)'
        ) }} as first_slot_at,
        {{ as_integer('max(seen.slot_at)') }} as last_slot_at
    from seen
    cross join pulled
    cross join frozen
    where seen.slot_at >= pulled.pulled_from
    group by seen.host_spelled

)

select * from spanned
