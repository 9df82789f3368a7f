{#- A SELECT of one row per unbroken run of half-hours: range_from, the start of the
    first, and range_until, the end of the last.
    slots: relation or CTE with a row per half-hour, column slot_at. -#}
{% macro slot_ranges(slots) -%}
    select
        {{ as_integer('min(slot_at)') }} as range_from,
        {{ as_integer('max(slot_at) + 1800') }} as range_until
    from (
        select
            slot_at,
            slot_at - 1800 * row_number() over (order by slot_at) as island
        from {{ slots }}
    ) as numbered
    group by island
{%- endmacro %}
