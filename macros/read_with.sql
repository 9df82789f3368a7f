{#- A LEFT JOIN of the sample of one of a target's series at the instant of a reading.
    alias: name of the joined samples. series_column: column of int_targets.
    readings, targets: CTEs. samples: the relation. -#}
{% macro read_with(alias, series_column, readings, targets, samples) -%}
    left join {{ samples }} as {{ alias }}
        on
            {{ targets }}.{{ series_column }} = {{ alias }}.series_id
            and {{ readings }}.read_at = {{ alias }}.read_at
{%- endmacro %}
