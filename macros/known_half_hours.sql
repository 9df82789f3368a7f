{#- A SELECT of the half-hours of a known intensity, in time numbered and summed up.
    half_hours: CTE with slot_at and intensity_gCo2eq_kwh, a row per half-hour and key.
    key: column of it. -#}
{% macro known_half_hours(half_hours, key) -%}
    select
            {{ key }},
            slot_at,
            intensity_gCo2eq_kwh,
            row_number() over (order by slot_at) as number,
            sum(intensity_gCo2eq_kwh) over (order by slot_at) as sum_until
        from {{ half_hours }}
        where intensity_gCo2eq_kwh is not null
{%- endmacro %}
