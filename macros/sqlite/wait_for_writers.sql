{#- Repairs: a connection of the adapter waits 5 s for another writer, and the profile
    has no key for it. Waits a minute. Can go when the profile takes a time-out. -#}
{% macro sqlite_wait_for_writers() -%}
    {%- call statement('wait_for_writers', fetch_result=True, auto_begin=False) -%}
        pragma busy_timeout = 60000
    {%- endcall -%}
{%- endmacro %}
