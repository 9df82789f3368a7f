{#- All reasons of some revisions as one text, each once, in order of the alphabet; an
    aggregate. reason: SQL expression of the reason of one, itself a list. -#}
{% macro reasons_listed(reason) -%}
    substr(
            {%- for source in ['carbon-intensity', 'factors', 'mongo', 'prometheus'] %}
            {% if not loop.first %}|| {% endif -%}
            case
                when max(case when {{ reason }} like '%{{ source }}%' then 1 else 0 end)
                    = 1
                    then ', {{ source }}'
                else ''
            end
            {%- endfor %},
            3
        )
{%- endmacro %}
