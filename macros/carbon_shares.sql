{#- Which part of the carbon of a total rests on actual, forecast and fallback intensity;
    null when there is no carbon. sums: CTE with the sums of usage. -#}
{% macro carbon_shares(sums) -%}
    {%- set carbon = 'nullif(' ~ sums ~ '.busy_gCo2eq + ' ~ sums ~ '.idle_gCo2eq, 0)' -%}
    {{ sums }}.actual_gCo2eq / {{ carbon }} as actual_share,
        {{ sums }}.forecast_gCo2eq / {{ carbon }} as forecast_share,
        {{ sums }}.fallback_gCo2eq / {{ carbon }} as fallback_share
{%- endmacro %}
