"""What a source's failure is raised as."""


class SourceError(Exception):
    """A source did not give what it was asked for.

    Its text is one line that names the source, the thing and the remedy, without
    any secret.
    """


class OutOfTime(SourceError):
    """The time that the source had in this run is up."""
