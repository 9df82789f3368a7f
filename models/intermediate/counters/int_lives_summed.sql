with grown as (

    select * from {{ ref('int_lives_counted') }}

),

lives as (

    select
        *,
        lag(last_scraped_at) over (
            partition by host, read_at
            order by life_number
        ) as scraped_before_at
    from {{ ref('int_lives_scraped') }}

),

closed as (

    select * from {{ ref('int_lives_closed') }}

),

summed as (

    select
        host,
        read_at,
        life_number,
        sum(grown_seconds * (1 - {{ is_idle('mode') }})) as busy_cpu_seconds,
        sum(grown_seconds * {{ is_idle('mode') }}) as idle_cpu_seconds
    from grown
    group by host, read_at, life_number

),

dated as (

    select
        summed.host,
        summed.read_at,
        {{ as_text(
            "case when lives.is_last = 0 then 'ended life'"
            ~ " when lives.base_scraped_at is null and lives.is_opening_life = 0"
            ~ " then 'new life' else 'same life' end"
        ) }} as life,
        {{ as_integer(
            'case when lives.base_scraped_at < summed.read_at - 1800 - '
            ~ scrape_slack_seconds()
            ~ ' then lives.base_scraped_at'
            ~ ' when lives.base_scraped_at is not null then summed.read_at - 1800'
            ~ ' when lives.is_opening_life = 0'
            ~ ' then coalesce(lives.boot_at, lives.scraped_before_at,'
            ~ ' summed.read_at - 1800)'
            ~ ' else closed.opening_seen_at end'
        ) }} as began_at,
        {{ as_integer(
            'case when lives.is_last = 1 then closed.ended_at'
            ~ ' else lives.last_scraped_at end'
        ) }} as ended_at,
        {{ as_integer('case when lives.is_last = 1 then closed.has_tail else 1 end') }}
            as has_tail,
        {{ as_real('summed.busy_cpu_seconds') }} as busy_cpu_seconds,
        {{ as_real('summed.idle_cpu_seconds') }} as idle_cpu_seconds
    from summed
    inner join lives
        on
            summed.host = lives.host
            and summed.read_at = lives.read_at
            and summed.life_number = lives.life_number
    inner join closed
        on summed.host = closed.host and summed.read_at = closed.read_at

)

select * from dated
