{{ config(
    materialized='table',
    indexes=[{
        'name': 'idx_int_steps', 'columns': ['host', 'read_at'], 'unique': true
    }],
) }}

with hosts_read as (

    select * from {{ ref('int_hosts_read') }}

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
        lag(read_at) over opened as opening_read_at,
        lag(target_id) over opened as opening_target_id,
        lag(boot_at) over opened as opening_boot_at,
        lag(cores) over opened as opening_cores,
        lag(last_scrape_at) over opened as opening_last_scrape_at
    from hosts_read
    window opened as (partition by host order by read_at)

),

steps as (

    select
        openings.host,
        openings.read_at,
        openings.target_id,
        openings.boot_at,
        openings.last_scrape_at,
        openings.scrapes,
        openings.cores,
        openings.opening_read_at,
        openings.opening_target_id,
        openings.opening_boot_at,
        openings.opening_cores,
        openings.opening_last_scrape_at,
        {{ as_integer(opening_seen_at('openings')) }} as opening_seen_at,
        {{ as_integer(step_began_at('openings')) }} as began_at,
        {{ as_integer(
            'case when openings.last_scrape_at < openings.read_at - '
            ~ scrape_slack_seconds()
            ~ ' then openings.last_scrape_at else openings.read_at end'
        ) }} as ended_at,
        {{ as_text(
            "case when openings.opening_read_at is null then case"
            ~ " when openings.boot_at >= pulled.pulled_from then 'started'"
            ~ " else 'baseline' end"
            ~ " when " ~ is_same_life('openings.boot_at', 'openings.opening_boot_at')
            ~ " then 'same life'"
            ~ " when openings.boot_at < openings.opening_last_scrape_at - 30"
            ~ " then 'taken over'"
            ~ " when not "
            ~ is_same_life('openings.boot_at', 'openings.opening_boot_at')
            ~ " then 'new life' else 'untold' end"
        ) }} as life
    from openings
    cross join pulled

)

select * from steps
