with scrapes_lived as (

    select * from {{ ref('int_scrapes_lived') }}

),

lives as (

    select
        host,
        read_at,
        life_number,
        min(boot_at) as boot_at,
        max(scraped_at) as ended_at,
        max(max(life_number)) over (partition by host, read_at) as last_life_number
    from scrapes_lived
    group by host, read_at, life_number

),

closed as (

    select * from {{ ref('int_lives_closed') }}

),

ended as (

    select
        lives.host,
        lives.read_at,
        lives.life_number,
        closed.opening_read_at,
        closed.opening_target_id,
        lives.boot_at,
        lives.ended_at,
        case
            when closed.opening_read_at is null then 0
            when lives.life_number > 0 then 0
            when
                {{ is_same_life('lives.boot_at', 'closed.opening_boot_at') }}
                then 1
            when lives.boot_at is null or closed.opening_boot_at is null then 1
            else 0
        end as is_opening_life
    from lives
    inner join closed
        on lives.host = closed.host and lives.read_at = closed.read_at
    where lives.life_number < lives.last_life_number

)

select * from ended
