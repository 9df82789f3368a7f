{{ config(materialized='table') }}

with ended as (

    select * from {{ ref('int_lives_ended') }}

),

hosts_read as (

    select * from {{ ref('int_hosts_read') }}

),

series as (

    select * from {{ ref('int_series_hosted') }}

),

scrapes as (

    select * from {{ ref('stg_prometheus__scrapes') }}

),

samples as (

    select * from {{ ref('stg_prometheus__samples') }}

),

last_scrapes as (

    select
        ended.host,
        ended.read_at,
        ended.life_number,
        series.mode,
        max(scrapes.sample_value) as cpu_seconds
    from ended
    inner join series
        on ended.host = series.host and series.metric = 'scraped_cpu_seconds'
    inner join scrapes
        on
            series.series_id = scrapes.series_id
            and ended.ended_at = scrapes.scraped_at
    group by
        ended.host, ended.read_at, ended.life_number, series.mode, series.cpu

),

last_counters as (

    select
        host,
        read_at,
        life_number,
        mode,
        sum(cpu_seconds) as last_seconds
    from last_scrapes
    group by host, read_at, life_number, mode

),

grown as (

    select
        ended.host,
        ended.read_at,
        ended.life_number,
        case
            when last_counters.mode in ({{ listed(var('idle_modes')) }}) then 1
            else 0
        end as is_idle,
        {{ larger_of(
            'last_counters.last_seconds'
            ~ ' - coalesce(openings.sample_value * ended.is_opening_life, 0.0)',
            '0.0',
        ) }} as grown_seconds
    from ended
    inner join last_counters
        on
            ended.host = last_counters.host
            and ended.read_at = last_counters.read_at
            and ended.life_number = last_counters.life_number
    left join series
        on
            ended.opening_target_id = series.target_id
            and last_counters.mode = series.mode
            and series.metric = 'cpu_seconds'
    left join samples as openings
        on
            series.series_id = openings.series_id
            and ended.opening_read_at = openings.read_at

),

counted as (

    select
        host,
        read_at,
        life_number,
        {{ as_real('sum(grown_seconds * (1 - is_idle))') }} as busy_cpu_seconds,
        {{ as_real('sum(grown_seconds * is_idle)') }} as idle_cpu_seconds
    from grown
    group by host, read_at, life_number

),

dated as (

    select
        counted.*,
        {{ as_integer(
            'case when ended.is_opening_life = 0'
            ~ ' then coalesce(ended.boot_at, ended.read_at - 1800)'
            ~ ' when opening_hosts.last_scrape_at >= ended.opening_read_at - '
            ~ scrape_slack_seconds() ~ ' then ended.opening_read_at'
            ~ ' else opening_hosts.last_scrape_at end'
        ) }} as began_at,
        {{ as_integer('ended.ended_at') }} as ended_at
    from counted
    inner join ended
        on
            counted.host = ended.host
            and counted.read_at = ended.read_at
            and counted.life_number = ended.life_number
    left join hosts_read as opening_hosts
        on
            ended.host = opening_hosts.host
            and ended.opening_read_at = opening_hosts.read_at

)

select * from dated
