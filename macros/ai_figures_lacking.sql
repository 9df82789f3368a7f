{#- Names of the figures that the seed has a path of and an AI provider's answer has not,
    with a comma before each, and of a reset that is told and cannot be read; empty where
    there is none. For columns of int_ai_figures. -#}
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
        end || {% endfor -%}
        case
            when reset_text is null or ({{ ai_reset_at() }}) is not null then ''
            when reset_number <= 0 or reset_text = '' then ''
            when
                reset_unit = 'iso' and reset_text like '____-__-__%'
                and substr(reset_text, 1, 4) <= '1970'
                then ''
            else ', reset'
        end
{%- endmacro %}
