{#- How complete a period is: its hours, its coverage and its status. hours: CTE of
    v_period_hours. -#}
{% macro period_coverage(hours) -%}
    {{ hours }}.hours_expected,
        {{ hours }}.hours_processed,
        {{ as_real(hours ~ '.hours_processed') }}
        / nullif({{ hours }}.hours_expected, 0) as coverage,
        {{ hours }}.hours_not_downloaded,
        {{ hours }}.hours_download_incomplete,
        {{ hours }}.hours_unprocessed,
        {%- set status -%}
            case
                when {{ hours }}.is_simulated = 1 then 'fake'
                when {{ hours }}.hours_not_downloaded > 0 then 'not downloaded'
                when {{ hours }}.hours_download_incomplete > 0
                    then 'download incomplete'
                when {{ hours }}.hours_unprocessed > 0 then 'unprocessed'
                else 'processed'
            end
        {%- endset %}
        {{ as_text(status) }} as status
{%- endmacro %}
