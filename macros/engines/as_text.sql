{#- Text of any length. expression: any SQL expression. -#}
{% macro as_text(expression) -%}
    {{- return(adapter.dispatch('as_text')(expression)) -}}
{%- endmacro %}

{% macro default__as_text(expression) -%}
    cast({{ expression }} as text)
{%- endmacro %}

{% macro spark__as_text(expression) -%}
    cast({{ expression }} as string)
{%- endmacro %}
