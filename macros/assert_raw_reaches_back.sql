{#- Refuses --full-refresh where raw samples no longer reach back as far as the facts:
    hours without inputs leave the facts, and these would be lost. Runs at the start of
    each run. -#}
{% macro assert_raw_reaches_back() -%}
    {%- if execute and flags.FULL_REFRESH and flags.WHICH in ('build', 'run') -%}
        {%- set facts = api.Relation.create(
            schema=target.schema, identifier='fact_usage'
        ) -%}
        {%- if load_relation(facts) is not none -%}
            {%- call statement('reach', fetch_result=True, auto_begin=False) -%}
                select
                    (select min(ts) from {{ facts }}) as first_fact,
                    {{ iso('min(ts) - 3600') }} as first_raw
                from {{ target.schema }}.raw_prometheus_samples
            {%- endcall -%}
            {%- set reach = load_result('reach').table.rows[0] -%}
            {%- if reach['first_fact'] is not none and (
                reach['first_raw'] is none or reach['first_raw'] > reach['first_fact']
            ) -%}
                {{- exceptions.raise_compiler_error(
                    '--full-refresh would lose facts: they begin at '
                    ~ reach['first_fact'] ~ ', the raw samples of Prometheus only at '
                    ~ (reach['first_raw'] or 'no time') ~ '; build without it'
                ) -}}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
