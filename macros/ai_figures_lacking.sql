{#- Names of the figures that the seed has a path of and an AI provider's answer has not,
    with a comma before each; empty where there is none. For columns of int_ai_figures. -#}
{% macro ai_figures_lacking() -%}
    {%- set figures = {
        'used_path': 'used',
        'limit_path': 'quota',
        'remaining_path': 'remaining',
        'used_percentage_path': 'used_percentage',
    } -%}
    {%- for path, figure in figures.items() -%}
        case
            when {{ path }} is null or {{ figure }} is not null then ''
            else ', {{ path | replace('_path', '') }}'
        end {{- ' || ' if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}
