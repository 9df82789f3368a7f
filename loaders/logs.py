"""How the commands log: above bars on a terminal, else line by line."""

import logging
import time

import typer
from pythonjsonlogger.json import JsonFormatter
from rich.console import Console
from rich.logging import RichHandler

INSTANT = "%Y-%m-%dT%H:%M:%SZ"
LINE = "%(asctime)s %(levelname)s %(message)s"


def log_to(console: Console, *, as_json: bool = False) -> None:
    """Log warnings above the bars of a terminal, else every line.

    A line is plain text, or with `as_json` an object of `at`, `level`, `logger` and
    `message`, also on a terminal.
    """
    handler: logging.Handler
    is_shown = console.is_terminal and not as_json
    if is_shown:
        handler = RichHandler(console=console, show_path=False, markup=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler = logging.StreamHandler(console.file)
        formatter = logging.Formatter(LINE, INSTANT)
        if as_json:
            formatter = JsonFormatter(
                "{asctime}{levelname}{name}{message}",
                style="{",
                datefmt=INSTANT,
                rename_fields={
                    "asctime": "at",
                    "levelname": "level",
                    "name": "logger",
                },
                json_ensure_ascii=False,
            )
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
    logger = logging.getLogger("loaders")
    logger.handlers = [handler]
    logger.setLevel(logging.WARNING if is_shown else logging.INFO)
    logger.propagate = False


def say(message: str, *, is_error: bool) -> None:
    """Print a closing line, or log it where `log_to` was asked for objects."""
    logger = logging.getLogger("loaders")
    formatters = [handler.formatter for handler in logger.handlers]
    if any(isinstance(formatter, JsonFormatter) for formatter in formatters):
        logger.log(logging.ERROR if is_error else logging.INFO, "%s", message)
    else:
        typer.echo(message, err=is_error)
