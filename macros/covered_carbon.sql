{#- Carbon of a sum of energy; null where no intensity of any of the energy is known, which
    is not the same as none. carbon: the carbon that is known. kwh: the energy.
    covered_kwh: the part of it whose intensity is known. -#}
{% macro covered_carbon(carbon, kwh, covered_kwh) -%}
    case when {{ covered_kwh }} > 0.0 or {{ kwh }} = 0.0 then {{ carbon }} end
{%- endmacro %}
