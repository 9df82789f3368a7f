{#- How long before an instant the last scrape may lie for a host to count as seen then:
    two scrape intervals. -#}
{% macro scrape_slack_seconds() -%}
    {{- 2 * var('scrape_interval_seconds') -}}
{%- endmacro %}
