{#- A SELECT of the latest version of each row of usage in hours: all columns of
    int_usage_versions, with usage_key. SQLite takes a cross join in the order written:
    few hours find their versions by key.
    versions: the relation of int_usage_versions; none before its first build.
    hours: CTE with a row per hour, column ts. -#}
{% macro latest_versions(versions, hours) -%}
    {%- if versions is none -%}
        select
            *,
            1 as is_removed
        from usage_by_hour
        where 1 = 0
    {%- else -%}
        select *
        from (
            select
                versions.*,
                {{ usage_key('versions') }} as usage_key,
                row_number() over (
                    partition by versions.ts, {{ usage_key('versions') }}
                    order by versions.version_id desc
                ) as place
            from {{ hours }}
            cross join {{ versions }} as versions
            where {{ hours }}.ts = versions.ts
        ) as ranked
        where place = 1
    {%- endif -%}
{%- endmacro %}
