{#- Texts that are no path of a JSON value, which begins with $: no figure would be found
    by them, and every poll would count as failed. columns: the columns of paths. -#}
{% test json_paths(model, columns) %}
    {%- for column in columns %}
    select {{ column }} as path
    from {{ model }}
    where {{ column }} not like '$.%' and {{ column }} not like '$[%'
    {{- ' union all' if not loop.last }}
    {%- endfor %}
{% endtest %}
