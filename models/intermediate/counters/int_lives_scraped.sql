{{ config(materialized='table') }}

with pulled as (

    select min(slot_at) as pulled_from from {{ ref('int_slots_pulled') }}

),

-- scrapes of the margin count themselves where the reading before is older; steps are
-- no CTE, of which SQLite makes a copy without an index when it is read twice
scrapes_lived as (

    select
        lived.*,
        coalesce(steps.opening_read_at, lived.read_at - 1800) as counts_from
    from {{ ref('int_scrapes_lived') }} as lived
    inner join {{ ref('int_steps') }} as steps
        on lived.host = steps.host and lived.read_at = steps.read_at

),

lives as (

    select
        host,
        read_at,
        life_number,
        counts_from,
        min(boot_at) as boot_at,
        max(case when scraped_at <= counts_from then scraped_at end) as base_scraped_at,
        max(scraped_at) as last_scraped_at,
        lag(max(scraped_at)) over followed as scraped_before_at,
        lead(life_number) over followed as next_life_number
    from scrapes_lived
    group by host, read_at, life_number, counts_from
    window followed as (partition by host, read_at order by life_number)

),

scraped as (

    select
        lives.host,
        lives.read_at,
        lives.life_number,
        lives.boot_at,
        lives.base_scraped_at,
        lives.last_scraped_at,
        case when lives.next_life_number is null then 1 else 0 end as is_last,
        case
            when steps.opening_read_at is null or lives.life_number > 0 then 0
            else coalesce(
                {{ is_same_life('lives.boot_at', 'steps.opening_boot_at') }}, 1
            )
        end as is_opening_life
    from lives
    inner join {{ ref('int_steps') }} as steps
        on lives.host = steps.host and lives.read_at = steps.read_at
    cross join pulled
    where
        lives.last_scraped_at > lives.counts_from
        and (
            lives.base_scraped_at is not null
            or {{ booted_since('lives', 'steps', 'pulled') }}
        )

)

select * from scraped
