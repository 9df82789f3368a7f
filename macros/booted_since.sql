{#- Whether a life that was not scraped before its half-hour can be counted in it, as a
    boolean: it booted no more than 30 s before the host was last scraped, be it in the life
    before or by the reading before (a host without either: within the time pulled), or is
    the life of that reading.
    lives: CTE with boot_at and scraped_before_at. steps: CTE of int_steps. pulled: CTE
    with pulled_from. -#}
{% macro booted_since(lives, steps, pulled) -%}
    (
            coalesce({{ lives }}.boot_at >= {{ lives }}.scraped_before_at - 30, true)
            and (
                coalesce(
                    {{ lives }}.boot_at
                    >= coalesce(
                        {{ steps }}.opening_last_scrape_at - 30, {{ pulled }}.pulled_from
                    ),
                    {{ steps }}.opening_read_at is not null
                )
                or {{ is_same_life(lives ~ '.boot_at', steps ~ '.opening_boot_at') }}
            )
        )
{%- endmacro %}
