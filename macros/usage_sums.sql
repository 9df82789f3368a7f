{#- Sums of the figures of an hour of usage, intensity apart.
    relation: CTE that holds them. -#}
{% macro usage_sums(relation) -%}
    sum({{ relation }}.busy_cpu_seconds_total) as busy_cpu_seconds_total,
        sum({{ relation }}.idle_cpu_seconds_total) as idle_cpu_seconds_total,
        sum({{ relation }}.busy_kwh) as busy_kwh,
        sum({{ relation }}.idle_kwh) as idle_kwh,
        sum({{ relation }}.busy_gCo2eq) as busy_gCo2eq,
        sum({{ relation }}.idle_gCo2eq) as idle_gCo2eq,
        sum({{ relation }}.covered_kwh) as covered_kwh,
        sum({{ relation }}.kwh_low) as kwh_low,
        sum({{ relation }}.kwh_high) as kwh_high,
        sum({{ relation }}.gCo2eq_low) as gCo2eq_low,
        sum({{ relation }}.gCo2eq_high) as gCo2eq_high,
        sum({{ relation }}.actual_gCo2eq) as actual_gCo2eq,
        sum({{ relation }}.forecast_gCo2eq) as forecast_gCo2eq,
        sum({{ relation }}.fallback_gCo2eq) as fallback_gCo2eq
{%- endmacro %}
