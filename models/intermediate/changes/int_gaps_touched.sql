with hosts_read as (

    select * from {{ ref('int_hosts_touched') }}

),

boots as (

    select * from {{ ref('int_boots_scraped') }}

),

ranges as (

    select * from {{ ref('int_ranges_touched') }}

),

slots_pulled as (

    select * from {{ ref('int_slots_pulled') }}

),

openings as (

    select
        *,
        lag(read_at) over opened as opening_read_at,
        lag(boot_at) over opened as opening_boot_at,
        lag(last_scrape_at) over opened as opening_last_scrape_at
    from hosts_read
    window opened as (partition by host order by read_at)

),

steps as (

    select
        openings.read_at,
        coalesce(openings.opening_read_at, openings.read_at) as opening_read_at,
        {{ lives_began_at('openings', 'boots') }} as began_at
    from openings
    left join boots
        on openings.host = boots.host and openings.read_at = boots.read_at
    where
        openings.opening_read_at is not null
        or openings.boot_at
        >= (select min(slots_pulled.slot_at) from slots_pulled)

),

gaps as (

    select distinct
        {{ as_integer(smaller_of(
            slot_of('steps.began_at'), 'steps.read_at - 1800'
        )) }} as first_slot_at,
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
