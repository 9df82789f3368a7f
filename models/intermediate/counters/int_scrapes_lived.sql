with lives as (

    select * from {{ ref('int_lives_closed') }}
    where life = 'new life'

),

series as (

    select * from {{ ref('int_series_hosted') }}

),

scrapes as (

    select * from {{ ref('stg_prometheus__scrapes') }}

),

counters as (

    select
        lives.host,
        lives.read_at,
        scrapes.scraped_at,
        series.metric,
        max(scrapes.sample_value) as sample_value
    from lives
    inner join series
        on
            lives.host = series.host
            and series.metric in ('scraped_cpu_seconds', 'scraped_boot_time_seconds')
    inner join scrapes
        on
            series.series_id = scrapes.series_id
            and lives.read_at - 1800 < scrapes.scraped_at
            and lives.read_at >= scrapes.scraped_at
    group by
        lives.host, lives.read_at, scrapes.scraped_at, series.metric, series.mode,
        series.cpu

),

scraped as (

    select
        host,
        read_at,
        scraped_at,
        max(
            case when metric = 'scraped_boot_time_seconds' then sample_value end
        ) as boot_at,
        sum(
            case when metric = 'scraped_cpu_seconds' then sample_value end
        ) as cpu_seconds
    from counters
    group by host, read_at, scraped_at

),

followed as (

    select
        *,
        lag(boot_at) over follows as boot_before,
        lag(cpu_seconds) over follows as cpu_seconds_before
    from scraped
    where cpu_seconds is not null
    window follows as (partition by host, read_at order by scraped_at)

),

lived as (

    select
        host,
        read_at,
        scraped_at,
        {{ as_integer('boot_at') }} as boot_at,
        {{ as_integer(
            'sum(case when not coalesce(' ~ is_same_life('boot_at', 'boot_before')
            ~ ', cpu_seconds >= cpu_seconds_before, true) then 1 else 0 end) over ('
            ~ 'partition by host, read_at order by scraped_at)'
        ) }} as life_number
    from followed

)

select * from lived
