{#- Intensity of all energy of several hours in gCO2eq per kWh, each hour with the weight of
    its energy: the carbon that is known by the energy it speaks of. Null when there is none.
    relation: CTE of hours of usage. -#}
{% macro weighted_intensity(relation) -%}
    (sum({{ relation }}.busy_gCo2eq) + sum({{ relation }}.idle_gCo2eq))
        / nullif(sum({{ relation }}.covered_kwh), 0.0)
{%- endmacro %}
