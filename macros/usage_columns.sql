{#- The figures of an hour of usage, in the order of the contracts.
    relation: CTE that holds them. -#}
{% macro usage_columns(relation) -%}
    {{ relation }}.busy_cpu_seconds_total,
        {{ relation }}.idle_cpu_seconds_total,
        {{ relation }}.busy_kwh,
        {{ relation }}.idle_kwh,
        {{ relation }}.busy_gCo2eq,
        {{ relation }}.idle_gCo2eq,
        {{ relation }}.intensity_gCo2eq_kwh,
        {{ relation }}.covered_kwh,
        {{ relation }}.kwh_low,
        {{ relation }}.kwh_high,
        {{ relation }}.gCo2eq_low,
        {{ relation }}.gCo2eq_high,
        {{ relation }}.actual_gCo2eq,
        {{ relation }}.forecast_gCo2eq,
        {{ relation }}.fallback_gCo2eq,
        {{ relation }}.intensity_origin,
        {{ relation }}.has_lost_scrapes,
        {{ relation }}.has_unknown_tail
{%- endmacro %}
