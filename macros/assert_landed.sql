{#- Stops a run on a database that no loader has written to yet, with the remedy, before
    a model fails on a missing raw table. Runs at the start of each run. -#}
{% macro assert_landed() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed') -%}
        {%- set ledger = api.Relation.create(
            schema=target.schema, identifier='raw_pull_runs'
        ) -%}
        {%- if load_relation(ledger) is none -%}
            {{- exceptions.raise_compiler_error(
                'nothing has been landed in this database yet: run `loaders pull`'
                ~ ' (or `loaders demo`) first'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
