{#- Refuses --full-refresh where an hour of the facts could not be calculated again from
    what is still there: an hour without inputs leaves the facts, and this one would be
    lost. Names the first such hour. Runs at the start of each run. -#}
{% macro assert_raw_reaches_back() -%}
    {%- if execute and flags.FULL_REFRESH and flags.WHICH in ('build', 'run') -%}
        {%- set facts = api.Relation.create(
            schema=target.schema, identifier='fact_usage'
        ) -%}
        {%- if load_relation(facts) is not none -%}
            {%- call statement('first_lost', fetch_result=True, auto_begin=False) -%}
                select
                    {{ iso('losses.hour_at') }} as ts,
                    losses.lost
                from (
                    {{ readings_lost(target.schema) }}
                    union all
                    {{ scrapes_lost(target.schema) }}
                    union all
                    {{ intensities_lost(target.schema) }}
                ) as losses
                order by losses.hour_at, losses.lost
                limit 1
            {%- endcall -%}
            {%- for hour in load_result('first_lost').table.rows -%}
                {{- exceptions.raise_compiler_error(
                    '--full-refresh would lose figures from ' ~ hour['ts']
                    ~ ' on: ' ~ hour['lost'] ~ ' are missing; build without it, or put'
                    ~ ' them back first, from a backup or by a pull of that time'
                ) -}}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
