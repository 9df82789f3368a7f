with irregular as (

    select * from {{ ref('int_readings_irregular') }}

),

targets as (

    select * from {{ ref('int_targets') }}

),

series as (

    select * from {{ ref('int_series_hosted') }}

),

-- SQLite takes a cross join in the order written, else it begins with all samples
scraped as (

    select distinct
        irregular.read_at,
        series.host_spelled
    from irregular
    inner join series
        on irregular.host = series.host and series.metric = 'scraped_cpu_seconds'
    cross join {{ ref('stg_prometheus__scrapes') }} as scrapes
    where
        series.series_id = scrapes.series_id
        and irregular.read_at - 1800 < scrapes.scraped_at
        and irregular.read_at >= scrapes.scraped_at

),

closing as (

    select
        irregular.host,
        irregular.read_at,
        targets.target_id,
        {{ as_integer('coalesce(last_scrapes.sample_value, irregular.read_at)') }}
            as scraped_at,
        {{ as_text("'scraped_' || series.metric") }} as metric,
        series.mode,
        series.cpu,
        closings.sample_value
    from irregular
    inner join targets on irregular.host = targets.host
    inner join series
        on
            targets.target_id = series.target_id
            and series.metric in ('cpu_seconds', 'boot_time_seconds')
    cross join {{ ref('stg_prometheus__samples') }} as closings
    left join {{ ref('stg_prometheus__samples') }} as last_scrapes
        on
            targets.last_scrape_series_id = last_scrapes.series_id
            and irregular.read_at = last_scrapes.read_at
    left join scraped
        on
            irregular.read_at = scraped.read_at
            and targets.host_spelled = scraped.host_spelled
    where
        series.series_id = closings.series_id
        and irregular.read_at = closings.read_at
        and scraped.host_spelled is null

)

select * from closing
