{{ config(materialized='table') }}

with irregular as (

    select * from {{ ref('int_readings_irregular') }}

),

series as (

    select * from {{ ref('int_series_hosted') }}

),

scrapes as (

    select * from {{ ref('stg_prometheus__scrapes') }}

),

scraped as (

    select
        irregular.host,
        irregular.read_at,
        {{ as_integer('scrapes.scraped_at') }} as scraped_at,
        series.metric,
        series.mode,
        series.cpu,
        scrapes.sample_value
    from irregular
    inner join series
        on
            irregular.host = series.host
            and series.metric in ('scraped_cpu_seconds', 'scraped_boot_time_seconds')
    inner join scrapes
        on
            series.series_id = scrapes.series_id
            and irregular.read_at - 1800 - 300 < scrapes.scraped_at
            and irregular.read_at >= scrapes.scraped_at

    union all

    select
        host,
        read_at,
        scraped_at,
        metric,
        mode,
        cpu,
        sample_value
    from {{ ref('int_scrapes_closing') }}

),

counted as (

    select
        host,
        read_at,
        scraped_at,
        metric,
        mode,
        cpu,
        {{ as_real('max(sample_value)') }} as sample_value
    from scraped
    group by host, read_at, scraped_at, metric, mode, cpu

)

select * from counted
