{#- Whether any figure of an hour of usage differs between two rows of it.
    left, right: CTEs with the measures of int_usage_by_hour. -#}
{% macro usage_differs(left, right) -%}
    {%- for measure in [
        'busy_cpu_seconds_total', 'idle_cpu_seconds_total', 'busy_kwh', 'idle_kwh',
        'busy_gCo2eq', 'idle_gCo2eq', 'intensity_gCo2eq_kwh', 'covered_kwh', 'kwh_low',
        'kwh_high', 'gCo2eq_low', 'gCo2eq_high', 'actual_gCo2eq', 'forecast_gCo2eq',
        'fallback_gCo2eq', 'has_lost_scrapes',
    ] -%}
        {{ differs(left ~ '.' ~ measure, right ~ '.' ~ measure) }}
        {{ ' or ' if not loop.last }}
    {%- endfor %}
    or coalesce({{ left }}.intensity_origin, '')
    <> coalesce({{ right }}.intensity_origin, '')
{%- endmacro %}
