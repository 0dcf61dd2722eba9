"""Probe one device for what its confirmed commits do, and keep what was measured."""

from __future__ import annotations

from dataclasses import replace

from harness.deploy.probe import Answers, Say, probe
from harness.errors import LabError
from harness.lab.bench import Bench
from harness.lab.knowledge import Knowledge, keep, known
from harness.verify.grade import other_platform


def probe_device(bench: Bench, *, reboot: bool, say: Say) -> Knowledge:
    """Measure on the device, put it back, and keep the answers for its model and release.

    What a reboot does, and wasn't asked this time, stays as it was known. Raises as a rung does;
    what was measured before it broke is not kept.
    """
    other = other_platform(bench.device, bench.facts)
    if other:
        raise LabError(f"{bench.device.name}: {other}: nothing is changed on another device")
    with bench.lease():
        answers = probe(bench.rescue, bench.journal, bench.run.owner, reboot=reboot, say=say)
    identity, state = bench.identity, bench.run.state
    before = known(state, identity.model, identity.os_version, identity.grade)
    knowledge = Knowledge(
        model=identity.model,
        release=identity.os_version,
        grade=identity.grade,
        device=bench.device.name,
        address=bench.key,
        run=bench.run.run_id,
        when=bench.run.clock.now().isoformat(timespec="seconds"),
        answers=_with_reboot(answers, before),
    )
    keep(state, knowledge)
    return knowledge


def _with_reboot(answers: Answers, before: Knowledge | None) -> Answers:
    if before is None or answers.survives_reboot is not None or answers.refused:
        return answers
    return replace(answers, survives_reboot=before.answers.survives_reboot)
