"""Rows compared by their keys, numbers to 1e-9."""

from collections.abc import Iterable, Mapping, Sequence
from math import isclose

Table = Mapping[str, object]
TOO_MANY = "too many"


def differences(
    found: Iterable[Table], wanted: Iterable[Table], keys: Sequence[str]
) -> list[str]:
    """A line for each row or value that is not as wanted; columns must be the same.

    Numbers may differ by 1e-9, relative or absolute.
    """
    found_rows, wanted_rows = list(found), list(wanted)
    found_by_key, wanted_by_key = _by_key(found_rows, keys), _by_key(wanted_rows, keys)
    lines = []
    if len(found_by_key) < len(found_rows):
        lines.append("a key is there twice")
    lines += [f"missing {key}" for key in wanted_by_key.keys() - found_by_key.keys()]
    lines += [f"{TOO_MANY} {key}" for key in found_by_key.keys() - wanted_by_key.keys()]
    for key in wanted_by_key.keys() & found_by_key.keys():
        left, right = found_by_key[key], wanted_by_key[key]
        for column in sorted(left.keys() | right.keys()):
            if column not in left or column not in right:
                lines.append(f"{key}: column {column} is in one of the two only")
            elif not is_close(left[column], right[column]):
                lines.append(f"{key}: {column} {left[column]}, not {right[column]}")
    return sorted(lines)


def is_close(left: object, right: object) -> bool:
    """Whether two values are the same, numbers to 1e-9, relative or absolute."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        return isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return left == right


def _by_key(
    rows: Iterable[Table], keys: Sequence[str]
) -> dict[tuple[object, ...], Table]:
    return {tuple(row[key] for key in keys): row for row in rows}
