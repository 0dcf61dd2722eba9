"""How often a process that holds thousands of sessions or devices is searched for garbage."""

from __future__ import annotations

import gc

# CPython looks after every 700 new objects, and each device that is worked on makes ten thousand:
# that took a seventh of a run's time. Reference counting frees nearly all of them meanwhile.
_NEW_OBJECTS = 100_000


def collect_rarely() -> None:
    """Leave what is there by now out of all searches, and search seldom for what comes.

    For the rest of the process's life; asking again changes nothing for the worse.
    """
    gc.collect()
    gc.freeze()
    _, *older = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS, *older)
