"""`/healthz`: whether the figures that are served are of late."""

import time
from datetime import datetime
from typing import Any

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from loaders.settings import read_settings
from serving.editions import NAME
from serving.routes import refuse_parameters

HOUR = 3600


async def healthz(datasette: Datasette, request: Request) -> Response:
    """200, or 503 where the newest hour ended longer ago than is allowed.

    Nobody needs to log in for it: it tells no figure and no name. Simulated data is of
    no time, and never late.
    """
    refuse_parameters(request)
    asked = await datasette.get_database(NAME).execute("select * from publication")
    health = health_of(dict(asked.rows[0]), int(time.time()), _max_lag_seconds())
    status = 200 if health["is_fresh"] else 503
    return Response.json(health, status=status, headers={"cache-control": "no-store"})


def health_of(publication: dict[str, Any], now: int, max_lag: float) -> dict[str, Any]:
    """The answer: the publication, and the age of its newest hour in seconds."""
    newest = publication["newest_ts"]
    lag = None if newest is None else max(0, now - _epoch(newest) - HOUR)
    is_simulated = bool(publication["is_simulated"])
    return {
        **publication,
        "is_simulated": is_simulated,
        "lag_seconds": lag,
        "max_lag_seconds": int(max_lag),
        "is_fresh": is_simulated or (lag is not None and lag <= max_lag),
    }


def _max_lag_seconds() -> float:
    """The bound of `loaders status`. Raises InvalidSettings."""
    return read_settings().status.max_lag_hours * HOUR


def _epoch(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp())
