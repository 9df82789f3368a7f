with ranges as (

    select * from {{ ref('int_ranges_touched') }}

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

    select
        series.host,
        samples.read_at
    from series
    inner join samples on series.series_id = samples.series_id
    where
        series.metric = 'irregular'
        and samples.read_at > (select min(ranges.range_from) from ranges)

),

booted as (

    select
        irregular.host,
        irregular.read_at,
        {{ as_integer('min(scrapes.sample_value)') }} as first_boot_at
    from irregular
    left join series
        on
            irregular.host = series.host
            and series.metric = 'scraped_boot_time_seconds'
    left join scrapes
        on
            series.series_id = scrapes.series_id
            and irregular.read_at - 1800 < scrapes.scraped_at
            and irregular.read_at >= scrapes.scraped_at
    group by irregular.host, irregular.read_at

)

select * from booted
