{#- The epoch at which an AI provider's quota is reset, by the unit that its seed row
    names; null where the answer tells none, as a time of 1970 or before does.
    For columns of int_ai_figures. -#}
{% macro ai_reset_at() -%}
    case
            when
                reset_unit = 'iso' and reset_text like '____-__-__%'
                and substr(reset_text, 1, 4) > '1970'
                then {{ epoch('reset_text') }}
            when reset_unit = 'seconds_from_now' then fetched_at + reset_number
            when reset_number <= 0 then null
            when reset_unit = 'seconds' then reset_number
            when reset_unit = 'milliseconds' then reset_number / 1000
        end
{%- endmacro %}
