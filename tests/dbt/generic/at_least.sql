{#- Values under a minimum, or that are no number.
    column_name: the column. minimum: the least that it may be. -#}
{% test at_least(model, column_name, minimum) %}
    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} < {{ minimum }} or {{ column_name }} + 0 <> {{ column_name }}
{% endtest %}
