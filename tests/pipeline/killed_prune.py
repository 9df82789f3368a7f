"""Runs `loaders` until a pruning has begun so many transactions, and dies then.

python -m tests.pipeline.killed_prune NUMBER begun|done ARGUMENTS: the numbered
transaction is killed before or after its end; number 0 is the backup's end.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loaders import prune, pruning
from loaders.backup import Backup, backup
from loaders.cli import app
from loaders.transaction import transaction

NUMBER, WHEN = int(sys.argv[1]), sys.argv[2]
count = 0


@contextmanager
def counted(database: sqlite3.Connection) -> Iterator[None]:
    global count
    count += 1
    with transaction(database):
        yield
        if (count, WHEN) == (NUMBER, "begun"):
            os.kill(os.getpid(), signal.SIGKILL)
    if (count, WHEN) == (NUMBER, "done"):
        os.kill(os.getpid(), signal.SIGKILL)


def copied(database: Path, target: Path, **options: Any) -> Backup:
    made = backup(database, target, **options)
    if NUMBER == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return made


pruning.LONGEST_TRANSACTION_SECONDS = 0
pruning.MOST_ROWS = 3
pruning.transaction = counted  # type: ignore[attr-defined]
prune.backup = copied  # type: ignore[attr-defined]
app(sys.argv[3:])
