"""How long to wait before asking a source again."""

from tenacity.wait import wait_exponential_jitter

BACKOFF = wait_exponential_jitter(multiplier=0.5, max=8, jitter=0.5)
