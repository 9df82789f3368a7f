{#- The last change that an earlier build has taken in, as a scalar; 0 under
    --full-refresh, so that every change counts again.
    builds: relation of earlier builds. column: the column asked for. -#}
{% macro last_taken_in(builds, column) -%}
    {%- if flags.FULL_REFRESH -%} 0
    {%- else -%} (select coalesce(max({{ column }}), 0) from {{ builds }})
    {%- endif -%}
{%- endmacro %}
