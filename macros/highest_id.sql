{#- The highest id that this durable table has given so far, as a scalar; 0 before its
    first build. id_column: its integer key. -#}
{% macro highest_id(id_column) -%}
    {%- if is_incremental() -%} (select coalesce(max({{ id_column }}), 0) from {{ this }})
    {%- else -%} 0
    {%- endif -%}
{%- endmacro %}
