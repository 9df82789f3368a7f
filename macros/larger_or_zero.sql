{#- A number where it is above 0, else 0; null stays null. expression: SQL expression. -#}
{% macro larger_or_zero(expression) -%}
    case when {{ expression }} < 0 then 0 else {{ expression }} end
{%- endmacro %}
