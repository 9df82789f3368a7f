{#- A SELECT of the hours (hour_at, lost) whose carbon rests on intensities of the grid
    that are gone: of a half-hour with CPU seconds where all of them had one, else of
    both. Frozen hours are charged again, so they need theirs too.
    schema: of the tables that the last build left. -#}
{% macro intensities_lost(schema) -%}
    select
        slots.hour_at,
        'carbon intensities' as lost
    from (
        select
            slot_at,
            hour_at,
            max(
                case when busy_cpu_seconds + idle_cpu_seconds > 0 then 1 else 0 end
            ) as is_used
        from {{ schema }}.int_host_slots_measured
        where busy_cpu_seconds is not null
        group by slot_at, hour_at
    ) as slots
    inner join {{ schema }}.fact_usage as facts
        on
            facts.scope = 'ada'
            and {{ as_text(iso('slots.hour_at')) }} = facts.ts
            and facts.intensity_origin <> 'fallback'
    left join {{ schema }}.raw_carbon_intensity as grid
        on
            slots.slot_at = grid.slot_at
            and coalesce(grid.actual, grid.forecast) is not null
    group by slots.hour_at
    having
        count(grid.slot_at) = 0
        or (
            max(facts.fallback_gCo2eq) = 0
            and max(facts.intensity_gCo2eq_kwh) is not null
            and max(case when grid.slot_at is null then slots.is_used else 0 end) = 1
        )
{%- endmacro %}
