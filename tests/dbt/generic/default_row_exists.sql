{#- A dated seed without a default row that holds from 1970 on leaves energy without a
    figure. column: the name column, empty in the default row. -#}
{% test default_row_exists(model, column) %}
    select count(*) as default_rows
    from {{ model }}
    where coalesce({{ column }}, '') = '' and valid_from = '1970-01-01'
    having count(*) <> 1
{% endtest %}
