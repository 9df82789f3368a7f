{#- A SELECT of one row: the instant before which hours are frozen (frozen_before), 0
    without a pruning. schema: of the raw tables. -#}
{% macro frozen_before(schema) -%}
    select coalesce(max(pruned_before), 0) as frozen_before
    from {{ schema }}.raw_prunings
{%- endmacro %}
