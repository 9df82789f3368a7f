{#- A SELECT of the group cut: usage of users added up by hour and group, with a row
    without group for users in none. One row of usage goes to one group.
    usage: CTE with usage of users by hour. users: CTE of user_id and group_name, null
    where the user is in no group. -#}
{% macro usage_by_group(usage, users) -%}
    select
        {{ users }}.group_name,
        {{ usage }}.ts,
        {{ usage_sums(usage) }},
        avg({{ usage }}.intensity_gCo2eq_kwh) as mean_intensity_gCo2eq_kwh,
        min({{ usage }}.intensity_origin) as first_origin,
        max({{ usage }}.intensity_origin) as last_origin,
        max({{ usage }}.has_lost_scrapes) as has_lost_scrapes,
        max({{ usage }}.has_unknown_tail) as has_unknown_tail,
        max(
            case
                when
                    {{ usage }}.intensity_gCo2eq_kwh is null
                    and {{ usage }}.busy_kwh + {{ usage }}.idle_kwh > 0
                    then 1
                else 0
            end
        ) as lacks_intensity
    from {{ usage }}
    left join {{ users }} on {{ usage }}.user_id = {{ users }}.user_id
    group by {{ users }}.group_name, {{ usage }}.ts
{%- endmacro %}
