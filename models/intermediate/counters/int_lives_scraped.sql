{{ config(materialized='table') }}

with scrapes_lived as (

    select * from {{ ref('int_scrapes_lived') }}

),

steps as (

    select * from {{ ref('int_steps') }}

),

pulled as (

    select min(slot_at) as pulled_from from {{ ref('int_slots_pulled') }}

),

lives as (

    select
        host,
        read_at,
        life_number,
        min(boot_at) as boot_at,
        max(
            case when scraped_at <= read_at - 1800 then scraped_at end
        ) as base_scraped_at,
        max(scraped_at) as last_scraped_at,
        lag(max(scraped_at)) over (
            partition by host, read_at
            order by life_number
        ) as scraped_before_at
    from scrapes_lived
    group by host, read_at, life_number

),

within_slot as (

    select
        *,
        max(life_number) over (partition by host, read_at) as last_life_number
    from lives
    where last_scraped_at > read_at - 1800

),

scraped as (

    select
        within_slot.host,
        within_slot.read_at,
        within_slot.life_number,
        within_slot.boot_at,
        within_slot.base_scraped_at,
        within_slot.last_scraped_at,
        case
            when within_slot.life_number = within_slot.last_life_number then 1 else 0
        end as is_last,
        case
            when steps.opening_read_at is null or within_slot.life_number > 0 then 0
            else coalesce(
                {{ is_same_life('within_slot.boot_at', 'steps.opening_boot_at') }}, 1
            )
        end as is_opening_life
    from within_slot
    inner join steps
        on within_slot.host = steps.host and within_slot.read_at = steps.read_at
    cross join pulled
    where
        within_slot.base_scraped_at is not null
        or {{ booted_since('within_slot', 'steps', 'pulled') }}

)

select * from scraped
