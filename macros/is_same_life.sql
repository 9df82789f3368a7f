{#- Whether two readings of a host are of one life, as a boolean: its boot time moved by
    no more than 30 s (it jitters by one or two). Null where a boot time is missing.
    boot_at, opening_boot_at: SQL expressions of epoch seconds. -#}
{% macro is_same_life(boot_at, opening_boot_at) -%}
    (abs({{ boot_at }} - {{ opening_boot_at }}) <= 30)
{%- endmacro %}
