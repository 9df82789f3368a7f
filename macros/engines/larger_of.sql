{#- The larger of two values; null when either is null on SQLite, so give it none.
    left, right: SQL expressions of one type, never null. -#}
{% macro larger_of(left, right) -%}
    {{- return(adapter.dispatch('larger_of')(left, right)) -}}
{%- endmacro %}

{% macro default__larger_of(left, right) -%}
    greatest({{ left }}, {{ right }})
{%- endmacro %}

{% macro sqlite__larger_of(left, right) -%}
    max({{ left }}, {{ right }})
{%- endmacro %}
