{#- The smaller of two values; null when either is null on SQLite, so give it none.
    left, right: SQL expressions of one type, never null. -#}
{% macro smaller_of(left, right) -%}
    {{- return(adapter.dispatch('smaller_of')(left, right)) -}}
{%- endmacro %}

{% macro default__smaller_of(left, right) -%}
    least({{ left }}, {{ right }})
{%- endmacro %}

{% macro sqlite__smaller_of(left, right) -%}
    min({{ left }}, {{ right }})
{%- endmacro %}
