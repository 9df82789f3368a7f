{#- The start of the half-hour (or other step) that holds an instant.
    instant: SQL expression of epoch seconds. seconds: length of the step. -#}
{% macro slot_of(instant, seconds=1800) -%}
    ({{ instant }} - {{ instant }} % {{ seconds }})
{%- endmacro %}
