with hosts_read as (

    select * from {{ ref('int_hosts_touched') }}

),

ranges as (

    select * from {{ ref('int_ranges_touched') }}

),

slots_pulled as (

    select * from {{ ref('int_slots_pulled') }}

),

pulled as (

    select min(slot_at) as pulled_from from slots_pulled

),

openings as (

    select
        *,
        lag(read_at) over (partition by host order by read_at) as opening_read_at,
        lag(boot_at) over (partition by host order by read_at) as opening_boot_at,
        lag(last_scrape_at) over (
            partition by host
            order by read_at
        ) as opening_last_scrape_at
    from hosts_read

),

steps as (

    select
        openings.read_at,
        coalesce(openings.opening_read_at, openings.read_at) as opening_read_at,
        {{ step_began_at('openings') }} as began_at
    from openings
    cross join pulled
    where
        openings.opening_read_at is not null
        or openings.boot_at >= pulled.pulled_from

),

gaps as (

    select distinct
        {{ as_integer(slot_of('steps.began_at')) }} as first_slot_at,
        {{ as_integer('steps.read_at - 1800') }} as last_slot_at
    from steps
    inner join ranges
        on
            steps.read_at > ranges.range_from
            and {{ smaller_of('steps.began_at', 'steps.opening_read_at') }}
            < ranges.range_until
    where
        {{ slot_of('steps.began_at') }} < steps.read_at - 1800
        or steps.opening_read_at < steps.read_at - 1800

)

select * from gaps
