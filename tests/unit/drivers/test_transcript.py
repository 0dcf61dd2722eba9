"""What's kept of an exchange: enough to read it, bounded, and never a key."""

import hashlib
import os
import re
import tarfile
from pathlib import Path

import pytest

from harness.clock import ManualClock
from harness.drivers import transcript as rooms
from harness.drivers.cli_replies import without_echo
from harness.drivers.redaction import HIDDEN, hide, values
from harness.drivers.transcript import WINDOW, Excerpt, Transcript, excerpt

KEY = "cAnArY-7531"
CHECKOUT = Path(__file__).parents[3]
MODELS = (
    Path(os.environ.get("HARNESS_REFERENCE_DATA", CHECKOUT.parent / "shared" / "data"))
    / "yang"
    / "junos-18.4R3.tar.xz"
)


def recorded(request="<a/>", reply="<ok/>", *, secrets=(), **more):
    """Return a transcript of one exchange."""
    transcript = Transcript(ManualClock(), secrets)
    transcript.note("pyez", "7", "asking", request=request, reply=reply, seconds=0.5, **more)
    return transcript


def everything(transcript):
    """Return all text that a reader of the transcript gets."""
    told = [
        " ".join((str(e.request), str(e.reply), e.failure, repr(e))) for e in transcript.exchanges()
    ]
    return "\n".join([*told, *(d.patch for d in transcript.differences()), repr(transcript)])


HOLDS_A_KEY = {
    "an element": f"<ascii-text>{KEY}</ascii-text>",
    "an element over lines": f"<ascii-text>\n  {KEY}\n</ascii-text>",
    "an element in a name space": f"<nc:secret junos:x='1'>{KEY}</nc:secret>",
    "an element of an ambiguous name": f"<community-name>{KEY}</community-name>",
    "an element cut off": f"<ascii-text>{KEY}",
    "a set command": f"set security ike policy p pre-shared-key ascii-text {KEY}\nset a b",
    "a set command with quotes": f'set ike policy p pre-shared-key ascii-text "{KEY} x{KEY}"',
    "a set command in XML": f"<configuration-set>ascii-text &quot;{KEY}&quot;\nset a</x>",
    "a statement": f'pre-shared-key hexadecimal "{KEY}"; ## SECRET-DATA',
    "a statement of an ambiguous name": f'md5 1 key "{KEY}";',
    "a patch": f'+   pre-shared-key ascii-text "{KEY}";\n',
    "a radius secret": f"set system radius-server 192.0.2.9 secret {KEY}",
    "a reversible string": f"anything $9${KEY}/x anything",
    "a master password's string": f'"$8$aes256-gcm${KEY}"',
    "a hash": f"encrypted-password $6${KEY}$abc",
    "a private key": f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----",
    "the end of a private key": f"{KEY}\n-----END PRIVATE KEY-----\nrest",
    "the login's password": f"login lab:{KEY}@example.net",
}


@pytest.mark.parametrize("text", HOLDS_A_KEY.values(), ids=HOLDS_A_KEY)
@pytest.mark.parametrize("side", ["request", "reply", "failure"])
def test_no_key_leaves_the_transcript(text, side):
    """A key is gone from request, reply and error, and what stands around it stays."""
    secrets = [KEY] if "login" in text else []
    transcript = recorded(secrets=secrets, **{side: f"before {text}"})
    seen = everything(transcript)
    assert KEY not in seen
    assert HIDDEN in seen
    assert "before" in seen or "END" in text


@pytest.mark.parametrize(
    "text",
    [
        "<name>hil-t00001</name><address>198.18.0.1</address>",
        "<authentication>\n<encrypted-password/>\n</authentication>",
        "<pre-shared-key>\n<ascii-text/>\n</pre-shared-key>",
        "set security ike proposal p authentication-method pre-shared-keys",
        "set security ike policy p proposals hil-ike",
        "authentication {\n    pre-shared-keys;\n}",
        "key missing, value out of range",
        "accepted password for lab from 192.0.2.1",
    ],
)
def test_what_is_no_key_is_not_touched(text):
    """Names, numbers and sentences stay readable."""
    assert hide(text) == text


def test_every_unreadable_leaf_of_the_published_models_is_hidden():
    """What Juniper's models of 18.4R3 call unreadable is hidden as an element."""
    if not MODELS.exists():
        pytest.skip(f"no published models at {MODELS}")
    leaf = re.compile(r'leaf(?:-list)? "?([\w.-]+)"? \{[^{}]*?type jt:unreadable')
    names = set()
    with tarfile.open(MODELS) as archive:
        for member in archive:
            if re.search(r"/(junos|junos-es|junos-nfx)/conf/.*\.yang$", member.name):
                names |= set(leaf.findall(archive.extractfile(member).read().decode()))
    assert len(names) > 20
    shown = [name for name in sorted(names) if KEY in hide(f"<{name}>{KEY}</{name}>")]
    assert not shown


def test_a_long_message_is_cut_in_the_middle():
    """Both ends stay, the length and the digest are those of the whole message."""
    text = "".join(f"<tunnel><name>hil-t{n:05}</name></tunnel>\n" for n in range(9000))
    cut = excerpt(text)
    shown = str(cut)
    assert len(shown) < 2 * WINDOW + 200
    assert "hil-t00000" in shown
    assert "hil-t08999" in shown
    assert str(len(text)) in shown
    assert hashlib.sha256(text.encode()).hexdigest() in shown


@pytest.mark.parametrize("shape", ["<ascii-text>{}</ascii-text>", 'ascii-text "{}"\n'])
def test_a_cut_never_begins_in_a_key(shape):
    """Wherever the cut falls, no piece of a key is left without its name."""
    one = shape.format(KEY)
    lead = "<rpc>" if one.startswith("<") else "set\n"
    for shift in range(len(one)):
        text = lead + one * 3000 + " " * shift
        kept = excerpt(text)
        assert kept.sha256
        tail = hide(kept.tail)
        pieces = [KEY[n:] for n in range(len(KEY) - 3)]
        assert not any(piece in tail for piece in pieces), shift
        assert KEY not in hide(kept.head)


def test_a_short_message_is_whole():
    """Nothing is said about lengths where nothing was cut."""
    assert str(excerpt("<ok/>")) == "<ok/>"
    assert excerpt("<ok/>") == Excerpt("<ok/>", characters=5)


def test_the_oldest_go_first(monkeypatch):
    """A bounded number of exchanges and characters is kept, and what went is counted."""
    monkeypatch.setattr(rooms, "MOST_EXCHANGES", 3)
    transcript = Transcript(ManualClock())
    for number in range(5):
        note(transcript, f"q{number}")
    assert [e.request.head for e in transcript.exchanges()] == ["q2", "q3", "q4"]
    assert transcript.lost == 2
    monkeypatch.setattr(rooms, "MOST_CHARACTERS", 10)
    note(transcript, "123456789")
    assert [e.request.head for e in transcript.exchanges()] == ["123456789"]


def test_differences_are_kept_whole(monkeypatch):
    """A patch isn't cut; the last one is kept whatever its size."""
    monkeypatch.setattr(rooms, "MOST_DIFFERENCES", 10)
    transcript = Transcript(ManualClock())
    transcript.compared("pyez", "7", "+ a;")
    transcript.compared("pyez", "7", "+ b;" * 100)
    assert [d.patch for d in transcript.differences()] == ["+ b;" * 100]
    assert transcript.lost == 1


def test_a_case_begins_with_nothing():
    """What was said before the case is gone."""
    transcript = recorded()
    transcript.compared("pyez", "7", "+ a;")
    transcript.begin()
    assert not list(transcript.exchanges())
    assert not list(transcript.differences())


def test_recording_never_raises():
    """A message that can't be kept is counted; the driver goes on."""
    transcript = recorded(reply=object())
    assert transcript.lost == 1


def test_a_pasted_text_is_not_repeated():
    """Of a load through a terminal only what the device added stays, without keys."""
    payload = f"set security ike policy p pre-shared-key ascii-text {KEY}\nset a b"
    output = f"{payload}\nterminal:1:(9) syntax error: {KEY}\nload complete (1 errors)"
    assert values(payload) == {KEY}
    assert without_echo(output, f"load set terminal\n{payload}") == (
        f"terminal:1:(9) syntax error: {HIDDEN}\nload complete (1 errors)"
    )


def test_a_line_that_a_terminal_wraps_is_not_recorded():
    """A wrapped key could be told in no piece of it, so nothing of the echo is kept."""
    payload = "set x\n" + "y" * 500 + f" ascii-text {KEY}"
    assert without_echo(f"{payload[:511]}\n{payload[511:]}", payload).startswith("[")


def note(transcript, request):
    """Record one question."""
    transcript.note("pyez", "7", "asking", request=request, reply=None, seconds=0.0)
