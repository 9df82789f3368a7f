{#- Rows of a grain that stand more than once; nulls count as equal.
    columns: the columns of the grain. -#}
{% test unique_combination(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
