{#- A 64-bit floating-point number, whatever the engine's literals are.
    expression: any SQL expression. -#}
{% macro as_real(expression) -%}
    {{- return(adapter.dispatch('as_real')(expression)) -}}
{%- endmacro %}

{% macro default__as_real(expression) -%}
    cast({{ expression }} as double)
{%- endmacro %}

{% macro sqlite__as_real(expression) -%}
    cast({{ expression }} as real)
{%- endmacro %}
