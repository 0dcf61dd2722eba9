"""Time what evidence costs: keeping what a rung of 1500 tunnels says, and a failed case's bundle.

Prints milliseconds and their part of a rung whose commit takes 60 s; asserts no time.
``python tests/benchmarks/bench_evidence.py [tunnels]``.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from harness.clock import ManualClock
from harness.drivers.transcript import Transcript
from harness.reporting.bundle import Bundle

RUNG_SECONDS = 60.0
SHORT = 130  # exchanges of a rung that are of some lines
LONG = 12  # those that hold every tunnel


def best(act: Callable[[], object], times: int = 5) -> float:
    """Return the shortest of several durations, in seconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return min(taken)


def main(tunnels: int) -> None:
    """Print the figures."""
    one = (
        "<policy><name>hil-t{0:05}</name><pre-shared-key><ascii-text>$9${0}</ascii-text>"
        "</pre-shared-key></policy>\n" + "<vpn><name>hil-t{0:05}</name></vpn>\n" * 30
    )
    message = f"<rpc-reply>{''.join(one.format(n) for n in range(tunnels))}</rpc-reply>"
    patch = "".join(f'+ ascii-text "$9${n}";\n' + "+ x y;\n" * 60 for n in range(tunnels))
    transcript = Transcript(ManualClock())

    def rung() -> None:
        transcript.begin()
        for number in range(SHORT + LONG):
            text = message if number < LONG else "<rpc-reply><ok/></rpc-reply>"
            transcript.note("pyez", "7", "asking", request="<a/>", reply=text, seconds=0.0)
        transcript.compared("pyez", "7", patch)

    def bundle(folder: Path) -> None:
        files = Bundle(folder, transcript.hidden)
        said = "\n".join(f"{each.request}\n{each.reply}" for each in transcript.exchanges())
        files.add("transcript.txt", said, "")
        files.add("candidate.diff", "\n".join(d.patch for d in transcript.differences()), "")
        files.finish({})

    kept = best(rung)
    with tempfile.TemporaryDirectory() as folder:
        written = best(lambda: bundle(Path(folder)))
    share = kept / (RUNG_SECONDS + kept) * 100
    Console(highlight=False).print(
        f"{tunnels} tunnels, {LONG} messages of {len(message) / 1e6:.1f} MB, {SHORT} short ones:\n"
        f"  keeping them   {kept * 1000:8.1f} ms a rung, {share:.3f} % of one with a 60 s commit\n"
        f"  writing them   {written * 1000:8.1f} ms, with a patch of {len(patch) / 1e6:.1f} MB, "
        "for a failed case alone"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1500)
