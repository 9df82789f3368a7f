"""Runs: one pull of one source, each of its windows entered in the ledger."""

import logging
import sqlite3
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from loaders.errors import AskedToWait, OutOfTime, SourceError
from loaders.ledger import finish_run, pause_until, record_window, start_run
from loaders.plans import Plan
from loaders.pseudonyms import Names
from loaders.rows import Source, State, Window, minute
from loaders.snapshots import Redact, keep_answer

FAILURES_IN_VAIN = 3
SHARE_OF_HOLES = 0.5
SHARE_OF_WINDOW = 0.75
NEWEST = 2 * 3600

log = logging.getLogger(__name__)


class CircuitOpen(SourceError):
    """A source failed so often in succession that this run asks it no more."""


@dataclass
class Run:
    """One source's run: how far it got and what it found.

    `findings` make it partial, `remarks` do not; `error` makes it failed. No question
    is begun after `deadline`, on the monotonic clock. `redact` takes out of an answer
    what must not be kept; `names` says how people are named. Before epoch `not_before`
    the source wants no question.
    """

    database: sqlite3.Connection
    source: Source
    plan: Plan
    run_id: int
    deadline: float | None = None
    redact: Redact = str
    names: Names = field(default_factory=Names)
    row_count: int = 0
    failures: int = 0
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    error: str | None = None
    not_before: int | None = None

    @property
    def state(self) -> State:
        """How the run ended."""
        if self.error is not None:
            return "failed"
        return "partial" if self.findings else "done"

    @property
    def message(self) -> str | None:
        """What is to be known about it, on one line."""
        lines = [self.error] if self.error is not None else []
        lines += list(dict.fromkeys([*self.findings, *self.remarks]))
        if not lines:
            return None
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        return lines[0].removeprefix(f"{self.source}: ") + more

    def landed(
        self, what: object, row_count: int, findings: list[str], remarks: list[str]
    ) -> None:
        """Count what a window or collection landed and log what it brought to light.

        Only this ends a succession of failures: an answer that lands nothing does not.
        """
        self.failures = 0
        self.row_count += row_count
        self.findings += findings
        self.remarks += remarks
        for line in findings:
            log.warning("%s", line)
        for line in remarks:
            log.info("%s", line)
        log.info("%s: %s: %d rows", self.source, what, row_count)

    def keep(self, status: int, body: str, is_odd: bool) -> None:
        """Keep an answer for debugging. Raises sqlite3.Error."""
        keep_answer(
            self.database, self.source, status, body, is_odd=is_odd, redact=self.redact
        )

    def refuse_to_disturb(self) -> None:
        """Raise SourceError where the source wants no question yet."""
        until = pause_until(self.database, self.source, int(time.time()))
        if until is not None:
            raise SourceError(
                f"{self.source}: wants no question before {minute(until + 59)}, as it"
                " told an earlier pull: pull again then"
            )

    def ask_in_turn(self, ask: Callable[[Window], None]) -> None:
        """`ask` for the holes, then for the window of the plan, each with its share.

        Neither holes nor the beginning of the window keep its newest hours waiting:
        where failures or time end it early, those are asked for alone, and what is
        between is a hole. Raises CircuitOpen, OutOfTime.
        """
        with self._share(SHARE_OF_HOLES):
            for hole in self.plan.repairs:
                ask(hole)
        window = self.plan.window
        if window is None:
            return
        has_ended = False
        with self._share(SHARE_OF_WINDOW):
            ask(window)
            has_ended = True
        newest = Window(window.until - NEWEST, window.until)
        if not has_ended and window.since < newest.since:
            self.failures = FAILURES_IN_VAIN - 1
            ask(newest)

    @contextmanager
    def _share(self, share: float) -> Iterator[None]:
        """End what is asked within early, with a finding, for what comes after it."""
        deadline, self.failures = self.deadline, 0
        if deadline is not None:
            now = time.monotonic()
            self.deadline = now + (deadline - now) * share
        try:
            yield
        except OutOfTime as error:
            self.findings.append(f"{error}: the next pull goes on from there")
        except CircuitOpen as error:
            if self.not_before is not None:
                raise
            log.warning("%s", error)
        finally:
            self.deadline = deadline

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep a failure within as what there was instead of an answer."""
        try:
            yield
        except SourceError as error:
            self.keep(0, str(error), True)
            raise

    @contextmanager
    def attempt(self, window: Window) -> Iterator[None]:
        """Enter a failure within as the window's, and go on after it.

        Raises CircuitOpen after a few failures in succession, or when the source wants
        no question for long, and OutOfTime, which leaves the window to the next run.
        """
        try:
            yield
        except OutOfTime:
            raise
        except SourceError as error:
            said = self.redact(str(error))
            record_window(self.database, self.run_id, window, "failed", said)
            log.warning("%s", said)
            self.error = self.error or said
            self.failures += 1
            if isinstance(error, AskedToWait):
                self.not_before = error.until
                raise CircuitOpen(f"{self.source}: left to the next pull") from None
            if self.failures >= FAILURES_IN_VAIN:
                raise CircuitOpen(
                    f"{self.source}: {self.failures} failures in succession: left to"
                    " the next pull"
                ) from None


@contextmanager
def entered(
    database: sqlite3.Connection,
    source: Source,
    plan: Plan,
    *,
    seconds: float | None,
    redact: Redact,
) -> Iterator[Run]:
    """Enter a run of at most `seconds` in the ledger, and how it ended.

    Raises what is raised within by the database or from outside, such as an
    interruption; any other failure is the source's, a mistake of ours as well.
    """
    run = Run(
        database,
        source,
        plan,
        start_run(database, source, plan.window),
        deadline=None if seconds is None else time.monotonic() + seconds,
        redact=redact,
    )
    try:
        yield run
    except OutOfTime as error:
        run.findings.append(f"{error}: the next pull goes on from there")
    except CircuitOpen as error:
        log.warning("%s", error)
    except SourceError as error:
        run.error = run.redact(str(error))
    except sqlite3.Error as error:
        with suppress(sqlite3.Error):
            finish_run(database, run.run_id, "failed", str(error))
        raise
    except Exception as error:
        run.error = f"{source}: {_unexpected(error)}: please report it"
        log.error("%s", run.error)
        log.debug("%s", run.redact(traceback.format_exc()))
    except BaseException:
        with suppress(sqlite3.Error):
            finish_run(database, run.run_id, "failed", "interrupted")
        raise
    finish_run(database, run.run_id, run.state, run.message, run.not_before)


def _unexpected(error: Exception) -> str:
    """The kind of an error and where it was raised; its text may hold a secret."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name} line {frame.lineno}"
    return f"unexpected {type(error).__name__} in {place}"
