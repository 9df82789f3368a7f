{#- Rows in which a figure is not between its bounds, or one of them is no number or less
    than 0. low, typical, high: the columns of the lower bound, figure, upper bound. -#}
{% test in_order(model, low, typical, high) %}
    select {{ low }}, {{ typical }}, {{ high }}
    from {{ model }}
    where
        {{ low }} < 0
        or {{ typical }} < {{ low }}
        or {{ high }} < {{ typical }}
        {%- for column in [low, typical, high] %}
        or {{ column }} + 0 <> {{ column }}
        {%- endfor %}
{% endtest %}
