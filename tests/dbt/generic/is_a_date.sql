{#- Texts that are no day of the calendar written as 2025-09-01: a row with such a date
    would hold at no time, and nobody would notice. column_name: the column of dates. -#}
{% test is_a_date(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    where
        {{ column_name }} is not null
        and coalesce({{ iso(epoch(column_name)) }}, '')
        <> {{ column_name }} || 'T00:00:00Z'
{% endtest %}
