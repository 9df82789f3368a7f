{#- Stops a run on a database that newer loaders made, before it writes what they may
    understand otherwise. Runs at the start of each run. The version that is known is
    that of the last step in loaders/versions.py. -#}
{% macro assert_known_version() -%}
    {%- set known = 1 -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed') -%}
        {%- set found = version_of_file() | int -%}
        {%- if found > known -%}
            {{- exceptions.raise_compiler_error(
                'this database was made by a newer version (' ~ found ~ '); this one'
                ~ ' knows up to ' ~ known ~ ': upgrade the project'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
