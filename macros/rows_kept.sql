{#- A SELECT of what this durable table holds so far; no row before its first build.
    columns: names of its columns. -#}
{% macro rows_kept(columns) -%}
    select
        {%- for column in columns %}
        {{ 'kept' if is_incremental() else 'null' }}
        {{- '.' if is_incremental() else ' as ' }}{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- if is_incremental() %}
    from {{ this }} as kept
    {%- else %}
    where 1 = 0
    {%- endif %}
{%- endmacro %}
