{#- A SELECT of the names that this durable table has given an id to; none before its
    first build. name_column: its natural key. -#}
{% macro names_given(name_column) -%}
    {%- if is_incremental() -%} select known.{{ name_column }} from {{ this }} as known
    {%- else -%} select null where 1 = 0
    {%- endif -%}
{%- endmacro %}
