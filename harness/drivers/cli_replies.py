"""What the Junos CLI prints about loads, commits and refused commands; pure.

Shapes: "Junos OS CLI User Guide" (load terminal, commit, commit check) and recorded output, for
example in github.com/jeremmfr/terraform-provider-junos/issues/188::

    [edit security policies from-zone a to-zone b policy allow]
      'match'
        Missing mandatory statement: 'application'
    error: configuration check-out failed: (missing mandatory statements)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.drivers.redaction import HIDDEN, values
from harness.errors import DeviceMessage

COMMIT_DONE = "commit complete"
LOAD_DONE = "load complete"

_NARROWEST = 400  # characters that a line may have beside a prompt; ours are 511 wide

_PATH = re.compile(r"\[edit[^\]]*\]")
_BANNER = re.compile(r"\[edit[^\]]*\]|# commit confirmed will be rolled back in .*")
_ELEMENT = re.compile(r"'(?P<element>.*)'")
_SAID = re.compile(r"(?P<severity>error|warning):\s*(?P<text>.*)")
_AT_LINE = re.compile(r"\S+:(?P<line>\d+):(?:\(\d+\))?\s*(?P<text>\S.*)")
_WITH_ERRORS = re.compile(re.escape(LOAD_DONE) + r" \((?P<count>\d+) errors?\)")


def commit_messages(output: str) -> tuple[DeviceMessage, ...]:
    """Return what a commit or a commit check complained about.

    A complaint in a block of path and element is an error unless it says ``warning:``.
    """
    return tuple(_blocks(output.splitlines()))


def load_messages(output: str, payload: str) -> tuple[DeviceMessage, ...]:
    """Return what a load complained about; ``payload`` is echoed in the output and left out."""
    echoed = {line.strip() for line in payload.splitlines()}
    lines = [line for line in output.splitlines() if line.strip() not in echoed]
    messages: list[DeviceMessage] = []
    for line in lines:
        found = _AT_LINE.fullmatch(line.strip())
        if found:
            messages.append(DeviceMessage("error", found["text"], path=f"line {found['line']}"))
    messages += _blocks([line for line in lines if not _AT_LINE.fullmatch(line.strip())])
    counted = _WITH_ERRORS.search("\n".join(lines))
    if counted and not any(message.severity == "error" for message in messages):
        messages.append(DeviceMessage("error", counted[0]))
    return tuple(messages)


def without_echo(output: str, written: str) -> str:
    """Remove a text that was pasted from what was printed, with every key in it.

    A line longer than the terminal comes back in pieces, in which no key can be told: then
    nothing is returned but the number of characters.
    """
    if "\n" not in written:
        return output
    typed = {line.strip() for line in written.splitlines()}
    if any(len(line) > _NARROWEST for line in typed):
        return f"[{len(output)} characters: lines as long as a terminal's were typed]"
    text = "\n".join(line for line in output.splitlines() if line.strip() not in typed)
    for value in sorted(values(written), key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return text


def refusal(output: str) -> tuple[DeviceMessage, ...]:
    """Return why a command was not run: it begins with ``error:``, or has a syntax error."""
    first, *rest = [line.strip() for line in output.splitlines() if line.strip()] or [""]
    if first.startswith("error:"):
        return (DeviceMessage("error", " ".join([first[len("error:") :].strip(), *rest])),)
    if first and set(first) == {"^"}:
        return (DeviceMessage("error", " ".join(rest)),)
    if first.startswith(("unknown command", "syntax error")):
        return (DeviceMessage("error", first),)
    return ()


def lock_holder(output: str) -> str:
    """Return the whole refusal of ``configure exclusive`` on one line, "" if it wasn't refused."""
    start = output.find("error:")
    return " ".join(output[start + len("error:") :].split()) if start >= 0 else ""


def without_banner(output: str) -> str:
    """Remove what the CLI prints before each configuration prompt.

    That is the ``[edit …]`` line, and while a confirmed commit is pending one that says so.
    """
    lines = output.rstrip().splitlines()
    while lines and (not lines[-1].strip() or _BANNER.fullmatch(lines[-1].strip())):
        lines.pop()
    return "\n".join(lines).strip("\n")


def _blocks(lines: list[str]) -> Iterator[DeviceMessage]:
    path = element = ""
    for line in filter(str.strip, lines):
        text = line.strip()
        inside = bool(path) and line[0].isspace()
        if _PATH.fullmatch(text):
            path, element = text, ""
            continue
        if not inside:
            path = element = ""
        said = _SAID.fullmatch(text)
        quoted = _ELEMENT.fullmatch(text)
        if said:
            yield DeviceMessage(said["severity"], said["text"], path, element)
        elif inside and quoted:
            element = quoted["element"]
        elif inside:
            yield DeviceMessage("error", text, path, element)
