{{ config(
    materialized='table',
    indexes=[{
        'name': 'idx_int_boots_scraped', 'columns': ['host', 'read_at'], 'unique': true
    }],
) }}

with ranges as (

    select * from {{ ref('int_ranges_touched') }}

),

series as (

    select * from {{ ref('int_series_hosted') }}

),

scrapes as (

    select * from {{ ref('stg_prometheus__scrapes') }}

),

irregular as (

    select
        series.host,
        samples.read_at
    from series
    inner join {{ ref('stg_prometheus__samples') }} as samples
        on series.series_id = samples.series_id
    where
        series.metric = 'irregular'
        and samples.read_at > (select min(ranges.range_from) from ranges)

),

booted as (

    select
        irregular.host,
        irregular.read_at,
        scrapes.sample_value as boot_at
    from irregular
    left join series
        on
            irregular.host = series.host
            and series.metric = 'scraped_boot_time_seconds'
    left join scrapes
        on
            series.series_id = scrapes.series_id
            and irregular.read_at - 1800 - 300 < scrapes.scraped_at
            and irregular.read_at >= scrapes.scraped_at

    union all

    select
        host,
        read_at,
        boot_before_at as boot_at
    from {{ ref('int_hosts_touched') }}
    where boot_before_at is not null

),

first_booted as (

    select
        host,
        read_at,
        {{ as_integer('min(boot_at)') }} as first_boot_at
    from booted
    group by host, read_at

)

select * from first_booted
