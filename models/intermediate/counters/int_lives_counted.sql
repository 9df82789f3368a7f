{{ config(materialized='table') }}

with lives as (

    select * from {{ ref('int_lives_scraped') }}

),

counted as (

    select * from {{ ref('int_scrapes_counted') }}
    where metric = 'scraped_cpu_seconds'

),

opening_counters as (

    select * from {{ ref('int_counters_opened') }}

),

life_counters as (

    select
        lives.host,
        lives.read_at,
        lives.life_number,
        counted.mode,
        sum(
            case
                when counted.scraped_at = lives.last_scraped_at
                    then counted.sample_value
            end
        ) as last_seconds,
        sum(
            case
                when counted.scraped_at = lives.base_scraped_at
                    then counted.sample_value
            end
        ) as base_seconds,
        max(
            case
                when lives.base_scraped_at is null then lives.is_opening_life
                else 0
            end
        ) as counts_from_opening
    from lives
    inner join counted
        on
            lives.host = counted.host
            and lives.read_at = counted.read_at
            and counted.scraped_at in (lives.last_scraped_at, lives.base_scraped_at)
    group by lives.host, lives.read_at, lives.life_number, counted.mode

),

grown as (

    select
        life_counters.host,
        life_counters.read_at,
        life_counters.life_number,
        life_counters.mode,
        {{ as_real(larger_of(
            'life_counters.last_seconds - coalesce(life_counters.base_seconds,'
            ~ ' opening_counters.opening_seconds * life_counters.counts_from_opening,'
            ~ ' 0.0)',
            '0.0',
        )) }} as grown_seconds
    from life_counters
    left join opening_counters
        on
            life_counters.host = opening_counters.host
            and life_counters.read_at = opening_counters.read_at
            and life_counters.mode = opening_counters.mode

)

select * from grown
