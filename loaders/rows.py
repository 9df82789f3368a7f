"""The rows that sources yield and landing writes. Instants are epoch seconds, UTC."""

from datetime import UTC, datetime
from typing import Literal, NamedTuple, TypedDict

Source = Literal["prometheus", "carbon-intensity", "mongo", "ai-usage"]
Collection = Literal["workspaces", "users", "groups", "hosts"]
State = Literal["done", "partial", "failed"]

HALF_HOUR = 1800
# sources that tell of the present only: no window is asked of them
READ_WHOLE: tuple[Source, ...] = ("mongo", "ai-usage")


def minute(at: int) -> str:
    """An epoch as `2025-09-11T10:00Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%MZ")


class Window(NamedTuple):
    """A stretch of time, both ends included."""

    since: int
    until: int

    def __str__(self) -> str:
        return f"{minute(self.since)} to {minute(self.until)}"


class Series(NamedTuple):
    """A Prometheus series: `labels` is JSON, keys sorted, without mode and name."""

    metric: str
    mode: str
    labels: str


class Sample(NamedTuple):
    """A value of a series at a half-hour's end."""

    series: Series
    ts: int
    value: float


class IntensitySlot(TypedDict):
    """Grid intensity in gCO2eq/kWh of the half-hour that starts at `slot_at`."""

    slot_at: int
    forecast: float | None
    actual: float | None


class Workspace(TypedDict):
    """A virtual machine and its owner; `users` is a JSON list of platform names."""

    document_id: str
    hostname: str | None
    owner: str | None
    state: str | None
    tag: str | None
    created_time: int | None
    acquired_time: int | None
    deleted_time: int | None
    users: str


class User(TypedDict):
    """A person on the platform."""

    document_id: str
    platform_name: str | None
    name: str | None
    uid: str | None
    gid: str | None


class Group(TypedDict):
    """A group; `members` is a JSON list of platform names."""

    document_id: str
    name: str | None
    gid: str | None
    type: str | None
    members: str


class Host(TypedDict):
    """Project and machine of a host whose series carry no such labels."""

    document_id: str
    hostname: str | None
    cloud_project_name: str | None
    machine_name: str | None


Document = Workspace | User | Group | Host
