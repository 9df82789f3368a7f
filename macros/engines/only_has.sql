{#- Whether a text consists of the given characters only; an empty text does.
    expression: SQL expression of text. characters: the allowed ones, no quotes. -#}
{% macro only_has(expression, characters) -%}
    {{- return(adapter.dispatch('only_has')(expression, characters)) -}}
{%- endmacro %}

{% macro default__only_has(expression, characters) -%}
    (trim({{ expression }}, '{{ characters }}') = '')
{%- endmacro %}

{% macro spark__only_has(expression, characters) -%}
    (btrim({{ expression }}, '{{ characters }}') = '')
{%- endmacro %}
