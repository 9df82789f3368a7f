{#- The sums of usage of a period; 0 where none ran and some of its hours are processed,
    null where nothing is known. sums: CTE with the sums, null where none ran. hours: CTE
    with hours_processed. -#}
{% macro known_sums(sums, hours) -%}
    {%- for figure in summed_figures() %}
        {%- if not loop.first %},
        {% endif -%}
        coalesce(
            {{ sums }}.{{ figure }},
            case when {{ hours }}.hours_processed > 0 then 0.0 end
        ) as {{ figure }}
    {%- endfor %}
{%- endmacro %}
