{{ config(materialized='table') }}

with hosts_read as (

    select * from {{ ref('int_hosts_read') }}

),

series as (

    select * from {{ ref('int_series_hosted') }}

),

samples as (

    select * from {{ ref('stg_prometheus__samples') }}

),

scrapes as (

    select * from {{ ref('stg_prometheus__scrapes') }}

),

irregular as (

    select distinct
        hosts_read.host,
        hosts_read.read_at
    from series
    inner join samples on series.series_id = samples.series_id
    inner join hosts_read
        on series.host = hosts_read.host and samples.read_at = hosts_read.read_at
    where series.metric = 'irregular'

),

counted as (

    select
        irregular.host,
        irregular.read_at,
        {{ as_integer('scrapes.scraped_at') }} as scraped_at,
        series.metric,
        series.mode,
        series.cpu,
        {{ as_real('max(scrapes.sample_value)') }} as sample_value
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
    group by
        irregular.host, irregular.read_at, scrapes.scraped_at, series.metric,
        series.mode, series.cpu

)

select * from counted
