"""What a source's failure is raised as."""


class SourceError(Exception):
    """A source did not give what it was asked for.

    Its text is one line that names the source, the thing and the remedy, without
    any secret.
    """


class OutOfTime(SourceError):
    """The time that the source had in this run is up."""


class AskedToWait(SourceError):
    """The source wants no question before epoch `until`."""

    def __init__(self, message: str, until: int) -> None:
        super().__init__(message)
        self.until = until
