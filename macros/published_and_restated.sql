{#- The figures of a closed month as published and as they add up now, and whether any of
    them is another now. names: CTE with the published ones, which are called so.
    restated: CTE with those of now. -#}
{% macro published_and_restated(names, restated) -%}
    {%- set figures = [
        'kwh', 'kwh_low', 'kwh_high', 'covered_kwh', 'gCo2eq', 'gCo2eq_low',
        'gCo2eq_high',
    ] -%}
    {%- for figure in figures + ['coverage', 'status'] %}
        {{ names }}.published_{{ figure }},
        {{ restated }}.{{ figure }} as restated_{{ figure }},
    {%- endfor %}
        case
            {%- for figure in figures %}
            when
                {{ differs(
                    names ~ '.published_' ~ figure, restated ~ '.' ~ figure
                ) }}
                then 1
            {%- endfor %}
            else 0
        end as is_revised
{%- endmacro %}
