{#- A SELECT of what was last known of each factor; no row before the first build.
    changes: the relation of int_factor_changes; none before its first build.
    factors: CTE of int_factors, for its columns. -#}
{% macro latest_factors(changes, factors) -%}
    {%- if changes is none -%}
        select * from {{ factors }}
        where 1 = 0
    {%- else -%}
        select
            factor,
            factor_key,
            valid_from,
            factor_value
        from (
            select
                changes.*,
                row_number() over (
                    partition by factor, factor_key, valid_from
                    order by factor_change_id desc
                ) as place
            from {{ changes }} as changes
        ) as ranked
        where place = 1
    {%- endif -%}
{%- endmacro %}
