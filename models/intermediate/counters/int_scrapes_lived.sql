with counted as (

    select * from {{ ref('int_scrapes_counted') }}

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
        ) as cpu_seconds,
        count(distinct case when metric = 'scraped_cpu_seconds' then cpu end) as cores
    from counted
    group by host, read_at, scraped_at

),

followed as (

    select
        *,
        lag(scraped_at) over follows as scraped_before_at,
        lag(boot_at) over follows as boot_before,
        lag(cpu_seconds) over follows as cpu_seconds_before
    from scraped
    where cpu_seconds is not null
    window follows as (partition by host, read_at order by scraped_at)

),

told as (

    select
        *,
        {{ is_set_clock('followed') }} as is_set_clock
    from followed

),

lived as (

    select
        host,
        read_at,
        scraped_at,
        {{ as_integer('boot_at') }} as boot_at,
        {{ as_integer(
            'sum(case when is_set_clock = 0 and not coalesce('
            ~ is_same_life('boot_at', 'boot_before')
            ~ ', cpu_seconds >= 0.9 * cpu_seconds_before, true) then 1 else 0 end) over ('
            ~ 'partition by host, read_at order by scraped_at)'
        ) }} as life_number
    from told

)

select * from lived
