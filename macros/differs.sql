{#- Whether two numbers differ by more than the reconciliation allows: 1e-9, relative or
    absolute. A null equals a null and nothing else.
    left, right: SQL expressions of numbers. -#}
{% macro differs(left, right) -%}
    (
        ({{ left }} is null and {{ right }} is not null)
        or ({{ left }} is not null and {{ right }} is null)
        or (
            abs({{ left }} - {{ right }}) > 1e-9
            and abs({{ left }} - {{ right }}) > 1e-9 * abs({{ right }})
        )
    )
{%- endmacro %}
