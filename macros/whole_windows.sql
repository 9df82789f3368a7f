{#- A SELECT of each window whose half-hours are all known: the key, slot_at at which it
    begins, window_hours and mean_gCo2eq_kwh.
    half_hours: CTE with slot_at and intensity_gCo2eq_kwh, a row per half-hour and key.
    key: column of it; no window reaches from one value of it into another.
    lengths: CTE of dim_window_length. -#}
{% macro whole_windows(half_hours, key, lengths) -%}
    select
        begins.{{ key }},
        begins.slot_at,
        {{ lengths }}.window_hours,
        (ends.sum_until - begins.sum_until + begins.intensity_gCo2eq_kwh)
        / ({{ lengths }}.window_hours * 2.0) as mean_gCo2eq_kwh
    from (
        {{ known_half_hours(half_hours, key) }}
    ) as begins
    cross join {{ lengths }}
    inner join (
        {{ known_half_hours(half_hours, key) }}
    ) as ends
        on
            begins.{{ key }} = ends.{{ key }}
            and begins.number + {{ lengths }}.window_hours * 2 - 1 = ends.number
            and begins.slot_at + {{ lengths }}.window_hours * 3600 - 1800 = ends.slot_at
{%- endmacro %}
