with lives as (

    select * from {{ ref('int_lives_scraped') }}
    where is_opening_life = 1 and base_scraped_at is null

),

steps as (

    select * from {{ ref('int_steps') }}

),

series as (

    select * from {{ ref('int_series_hosted') }}
    where metric = 'cpu_seconds'

),

samples as (

    select * from {{ ref('stg_prometheus__samples') }}

),

opened as (

    select
        steps.host,
        steps.read_at,
        series.mode,
        samples.sample_value as opening_seconds
    from lives
    inner join steps on lives.host = steps.host and lives.read_at = steps.read_at
    inner join series on steps.opening_target_id = series.target_id
    inner join samples
        on
            series.series_id = samples.series_id
            and steps.opening_read_at = samples.read_at

)

select * from opened
