{#- The last change that an earlier build has taken in, as a scalar.
    builds: relation of earlier builds. column: the column asked for. -#}
{% macro last_taken_in(builds, column) -%}
    (select coalesce(max({{ column }}), 0) from {{ builds }})
{%- endmacro %}
