"""Whether a device takes confirmed commits at all, where it refused one whose check had passed.

The two are told apart by asking and never by a sentence: without our statements in the candidate, a
device that refuses the confirmed form and carries out the plain one refuses the form.
"""

from __future__ import annotations

from harness.deploy.mark import Mark, Phase
from harness.drivers.protocol import Writer
from harness.errors import CommitRefused


def refuses_the_form(writer: Writer, mark: Mark, minutes: int) -> bool:
    """Say whether the device refuses confirmed commits, whatever they hold.

    ``writer`` holds the lock; the candidate is discarded first, so that whatever is committed here
    is the configuration that runs already, and a timer that it starts is stopped by the second
    commit. Takes up to two rollback slots. Raises :class:`~harness.errors.OutcomeUnknown` when an
    answer is lost.
    """
    writer.rollback(0)
    form_refused = not _taken(writer, _asking(mark, "confirmed"), minutes)
    return _taken(writer, _asking(mark, "plain"), None) and form_refused


def _taken(writer: Writer, mark: Mark, minutes: int | None) -> bool:
    try:
        writer.commit(str(mark), minutes)
    except CommitRefused:
        return False
    return True


def _asking(mark: Mark, form: str) -> Mark:
    """Mark it as restored: nothing of ours is in it, and no other run must refuse for it."""
    return Mark(mark.run_id, Phase.RESTORED, f"asking for {form} commits {mark.note}")
