{#- Whether any figure that adds up differs between two sums of usage, as a boolean; of a
    row that is missing every figure does.
    left, right: CTEs with the sums of usage. -#}
{% macro sums_differ(left, right) -%}
    {%- for figure in summed_figures() -%}
        {{ differs(left ~ '.' ~ figure, right ~ '.' ~ figure) }}
        {{ ' or ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
