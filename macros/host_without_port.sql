{#- A host as spelled in a label or a document, lowercased, without port or brackets.
    spelled: SQL expression of text, e.g. `172.16.100.50:9100` or `[fe80::1]:9100`. -#}
{% macro host_without_port(spelled) -%}
    case
        when {{ spelled }} like '[%]%'
            then lower(substr({{ spelled }}, 2, instr({{ spelled }}, ']') - 2))
        when {{ spelled }} like '%:%:%' or {{ spelled }} not like '%:%'
            then lower({{ spelled }})
        else lower(substr({{ spelled }}, 1, instr({{ spelled }}, ':') - 1))
    end
{%- endmacro %}
