{#- The port of a host as spelled in a label; null where it has none.
    spelled: SQL expression of text, e.g. `172.16.100.50:9100` or `[fe80::1]:9100`. -#}
{% macro port_of_host(spelled) -%}
    case
        when {{ spelled }} like '[%]:%'
            then {{ as_integer(
                "substr(" ~ spelled ~ ", instr(" ~ spelled ~ ", ']:') + 2)"
            ) }}
        when {{ spelled }} like '%:%' and {{ spelled }} not like '%:%:%'
            then {{ as_integer(
                "substr(" ~ spelled ~ ", instr(" ~ spelled ~ ", ':') + 1)"
            ) }}
    end
{%- endmacro %}
