{#- Notes a --full-refresh among the changes, as one of all time, before it computes
    anything: until a build that took it in has ended, every half-hour is due, also
    where the refresh was killed or stopped by a gate. Runs at the start of each run,
    behind what refuses one; a run that does not ask what is due refreshes nothing. -#}
{% macro note_full_refresh() -%}
    {%- set asks = 'model.' ~ project_name ~ '.int_slots_touched' -%}
    {%- if execute and flags.FULL_REFRESH and flags.WHICH in ('build', 'run')
        and asks in selected_resources -%}
        {%- do sqlite_wait_for_writers() -%}
        {%- call statement('note_full_refresh') -%}
            insert into {{ api.Relation.create(
                schema=target.schema, identifier='raw_changes'
            ) }} (source, noted_at)
            values ('full-refresh', {{ current_epoch() }})
        {%- endcall -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{%- endmacro %}
