{#- The figures of an hour of usage that add up, and its flags: those of a host, which has
    no intensity of its own.
    relation: CTE that holds them. -#}
{% macro host_figures(relation) -%}
    {{ relation }}.busy_cpu_seconds_total,
        {{ relation }}.idle_cpu_seconds_total,
        {{ relation }}.busy_kwh,
        {{ relation }}.idle_kwh,
        {{ relation }}.busy_gCo2eq,
        {{ relation }}.idle_gCo2eq,
        {{ relation }}.covered_kwh,
        {{ relation }}.kwh_low,
        {{ relation }}.kwh_high,
        {{ relation }}.gCo2eq_low,
        {{ relation }}.gCo2eq_high,
        {{ relation }}.actual_gCo2eq,
        {{ relation }}.forecast_gCo2eq,
        {{ relation }}.fallback_gCo2eq,
        {{ relation }}.has_lost_scrapes,
        {{ relation }}.has_unknown_tail
{%- endmacro %}
