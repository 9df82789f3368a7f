{#- Names of the figures of usage that add up: over hosts, hours and names of a scope. -#}
{% macro summed_figures() -%}
    {{- return([
        'busy_cpu_seconds_total', 'idle_cpu_seconds_total', 'busy_kwh', 'idle_kwh',
        'busy_gCo2eq', 'idle_gCo2eq', 'covered_kwh', 'kwh_low', 'kwh_high',
        'gCo2eq_low', 'gCo2eq_high', 'actual_gCo2eq', 'forecast_gCo2eq',
        'fallback_gCo2eq',
    ]) -}}
{%- endmacro %}
