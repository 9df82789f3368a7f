{#- Whether any figure of an hour of usage differs between two rows of it.
    left, right: CTEs with the measures of int_usage_by_hour. -#}
{% macro usage_differs(left, right) -%}
    {{ sums_differ(left, right) }}
    {%- for measure in [
        'intensity_gCo2eq_kwh', 'has_lost_scrapes', 'has_unknown_tail'
    ] %}
    or {{ differs(left ~ '.' ~ measure, right ~ '.' ~ measure) }}
    {%- endfor %}
    or coalesce({{ left }}.intensity_origin, '')
    <> coalesce({{ right }}.intensity_origin, '')
{%- endmacro %}
