{#- The intensity that counts of a half-hour: measured, else forecast; null when neither
    is known. relation: name of a CTE with both. -#}
{% macro known_intensity(relation) -%}
    coalesce({{ relation }}.actual_gCo2eq_kwh, {{ relation }}.forecast_gCo2eq_kwh)
{%- endmacro %}
