{#- Whether energy is without an intensity, as a boolean: more than a thousand-millionth of
    it, which sums of floats may lose at any size. Null where none ran.
    usage: CTE with busy_kwh, idle_kwh and covered_kwh. -#}
{% macro lacks_intensity(usage) -%}
    (
        {{ usage }}.covered_kwh
        < ({{ usage }}.busy_kwh + {{ usage }}.idle_kwh) * (1 - 1e-9)
    )
{%- endmacro %}
