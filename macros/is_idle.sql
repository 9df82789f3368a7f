{#- 1 for a mode of the CPU that counts as idle (the var `idle_modes`); 0 for all others,
    which are busy. mode: SQL expression of text. -#}
{% macro is_idle(mode) -%}
    (case when {{ mode }} in ({{ listed(var('idle_modes')) }}) then 1 else 0 end)
{%- endmacro %}
