"""How a suite states what it expects."""

import time

# Longest time an answer may need to become what it should be.
DEADLINE_SECONDS = 10
POLL_SECONDS = 0.1


class Mismatch(Exception):
    """An answer that is not what it should be; the message says both."""


def expect(name, found, wanted):
    """Raises Mismatch unless the two are equal."""
    if found != wanted:
        raise Mismatch(f'{name} is {found!r}, expected {wanted!r}')


def expect_that(name, truth, found):
    """Raises Mismatch unless `truth`."""
    if not truth:
        raise Mismatch(f'{name} does not hold for {found!r}')


def eventually(check, seconds=DEADLINE_SECONDS, passing=()):
    """Result of `check()` once it no longer raises Mismatch, or one of `passing`; raises its last."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check()
        except (Mismatch, *passing) as error:
            if time.monotonic() >= deadline:
                raise Mismatch(f'after {seconds} s {error}') from error
        time.sleep(POLL_SECONDS)
