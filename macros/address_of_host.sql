{#- The one name under which a host is matched: `host-172-16-100-50.nubes.stfc.ac.uk` is
    172.16.100.50, as the cloud names its machines; any other host is left as it is.
    host: SQL expression of a lowercased host without port. -#}
{% macro address_of_host(host) -%}
    {%- set dashed -%}
        substr({{ host }}, 6, instr({{ host }} || '.', '.') - 6)
    {%- endset -%}
    case
        when
            {{ host }} like 'host-%-%-%-%'
            and {{ only_has(dashed, '0123456789-') }}
            and length({{ dashed }}) - length(replace({{ dashed }}, '-', '')) = 3
            then replace({{ dashed }}, '-', '.')
        else {{ host }}
    end
{%- endmacro %}
