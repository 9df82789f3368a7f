{#- A 64-bit integer. expression: any SQL expression. -#}
{% macro as_integer(expression) -%}
    {{- return(adapter.dispatch('as_integer')(expression)) -}}
{%- endmacro %}

{% macro default__as_integer(expression) -%}
    cast({{ expression }} as bigint)
{%- endmacro %}

{% macro sqlite__as_integer(expression) -%}
    cast({{ expression }} as integer)
{%- endmacro %}
