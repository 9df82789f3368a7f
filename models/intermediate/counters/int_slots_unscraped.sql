-- depends_on: {{ ref('int_slots_to_measure') }}
with measured as (

    select * from {{ ref('int_host_slots_measured') }}
    {% if is_incremental() -%}
        where slot_at in (
            select slots.slot_at from {{ ref('int_slots_to_measure') }} as slots
        )
    {%- endif %}

),

slots_unscraped as (

    select
        slot_at,
        hour_at
    from measured
    group by slot_at, hour_at
    having count(last_scrape_at) = 0 and max(has_lost_scrapes) = 1

)

select * from slots_unscraped
