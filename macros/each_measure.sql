{#- A list of columns for each measure of an hour of usage, in the order of their sums.
    columns: SQL of the columns of one, in which `measure` stands for its name. -#}
{% macro each_measure(columns) -%}
    {%- for measure in summed_figures() + [
        'intensity_gCo2eq_kwh', 'intensity_origin', 'has_lost_scrapes', 'has_unknown_tail'
    ] -%}
        {{ columns | replace('measure', measure) }}
        {{- ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}
