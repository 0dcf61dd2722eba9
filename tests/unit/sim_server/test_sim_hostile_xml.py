"""XML that was made to hurt: refused in Junos' shape, with little memory, and the session lives."""

from __future__ import annotations

import tracemalloc

import pytest

from harness.sim.markup import MarkupError, parse
from harness.sim.netconf.framing import MAX_MESSAGE, FramingError, MessageReader, frame

MIB = 1024 * 1024


def laughs(kind: str) -> str:
    """Return a document type whose last entity is a billion times its first one."""
    values = ["ha", *(f"&x{n};" * 10 for n in range(9))]
    entities = (f'<!ENTITY {kind} x{n} "{value}">' for n, value in enumerate(values))
    return f"<!DOCTYPE rpc [{''.join(entities)}]>"


def peak_while_reading(reader: MessageReader, block: bytes, count: int) -> int:
    """Feed blocks until the reader gives up; return the peak of memory in bytes."""

    def feed() -> None:
        for _ in range(count):
            reader.feed(block)
            assert reader.next_message() is None

    tracemalloc.start()
    try:
        with pytest.raises(FramingError):
            feed()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


HOSTILE = {
    "entities in text": laughs("") + "<rpc>&x9;</rpc>",
    "entities in an attribute": laughs("") + '<rpc a="&x9;"/>',
    "parameter entities": laughs("%") + "<rpc/>",
    "external entity": '<!DOCTYPE rpc [<!ENTITY x SYSTEM "file:///etc/passwd">]><rpc>&x;</rpc>',
    "external subset": '<!DOCTYPE rpc SYSTEM "http://192.0.2.1/a.dtd"><rpc/>',
    "a document type behind a comment": "<?a b?> <!-- <rpc> -->\n<!DOCTYPE rpc []><rpc/>",
    "a reference without a document type": "<rpc>&x;</rpc>",
    "depth": "<a>" * 300 + "</a>" * 300,
    "depth in a large message": "<a>" * 3000 + "x" * 10_000_001 + "</a>" * 3000,
    "an element that isn't closed": "<rpc>" + "<a>" * 200,
    "another encoding": '<?xml version="1.0" encoding="UTF-16"?><rpc/>',
    "UTF-7": '<?xml version="1.0" encoding="UTF-7"?>+ADw-rpc/+AD4-',
    "no XML": "GET / HTTP/1.1",
    "a NUL": "<rpc>\0</rpc>",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_refused_with_little_memory(text):
    """What could grow or reach out is refused before it does."""
    encoded = text.encode("utf-16" if "UTF-16" in text else "utf-8")
    tracemalloc.start()
    try:
        with pytest.raises(MarkupError):
            parse(encoded)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(encoded) + MIB


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_session_lives(bench, text):
    """A session that sent such a message gets a syntax error, and the next answer."""
    talk = bench.netconf()
    encoded = text.encode("utf-16" if "UTF-16" in text else "utf-8")
    answer = talk.say(frame(encoded, chunked=False))
    assert b"rpc-error" in answer
    assert b"passwd" not in answer
    assert b"root:" not in answer
    assert talk.rpc("<get-system-information/>").find(".//{*}host-name").text == "dut"


@pytest.mark.parametrize("part", ["<a/>", 'a="" '], ids=["elements", "attributes"])
def test_a_tree_has_a_bound(part):
    """Elements and attributes are counted before a tree is built of them."""
    count = 4_000_001
    body = part * count
    text = f"<r>{body}</r>" if part.startswith("<") else f"<r {body}/>"
    with pytest.raises(MarkupError, match="too many"):
        parse(text.encode())


def test_many_attributes(bench):
    """A request with very many attributes is answered like any other."""
    attributes = " ".join(f'a{n}="{n}"' for n in range(20_000))
    reply = bench.netconf().rpc("<get-system-information/>", attributes)
    assert reply.get("a19999") == "19999"


@pytest.mark.parametrize(
    "wrapped",
    [
        "<load-configuration><configuration>{}</configuration></load-configuration>",
        "<get-configuration><configuration>{}</configuration></get-configuration>",
        "<get-config><source><running/></source><filter>{}</filter></get-config>",
        "<edit-config><target><candidate/></target><config>{}</config></edit-config>",
        "<get-system-information>{}</get-system-information>",
    ],
)
@pytest.mark.parametrize("name", ["a", "groups", "configuration"])
def test_nested_as_deep_as_it_goes(bench, wrapped, name):
    """The deepest tree that the parser lets through is answered, whoever walks it."""
    talk = bench.netconf()
    reply = talk.rpc(wrapped.format(f"<{name}>" * 240 + f"</{name}>" * 240))
    assert reply.tag.endswith("rpc-reply")
    assert talk.hung_up is None


def test_invalid_utf_8(bench):
    """Bytes that aren't UTF-8 are a syntax error over NETCONF and replaced on the screen."""
    talk = bench.netconf()
    assert b"syntax error" in talk.say(frame(b"<rpc><a>\xff\xfe</a></rpc>", chunked=False))
    shell = bench.shell()
    screen = shell.say(b"show \xff\xc3\x28version\n")
    assert b"unknown command" in screen or b"syntax error" in screen
    assert shell.say(b"\n").endswith(b"> ")


def test_garbage_without_end():
    """A message without end is given up at the limit, having cost no more than that."""
    block = b"]]>]]" * 13_107
    peak = peak_while_reading(MessageReader(), block, 100 * MIB // len(block))
    assert peak < 1.3 * MAX_MESSAGE


def test_chunks_of_one_byte_cost_what_they_hold():
    """The bound counts bytes kept, however small the chunks are that bring them."""
    reader = MessageReader(limit=MIB)
    reader.chunked = True
    assert peak_while_reading(reader, b"\n#1\nx" * 10_000, 200) < 3 * MIB


def test_ten_thousand_lines_without_end(bench):
    """Lines far longer than a terminal's end the session after the third, and nothing piles up."""
    shell = bench.shell()
    tracemalloc.start()
    try:
        for _ in range(10_000):
            shell.say(b"x" * 1000)
            shell.sent.clear()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < MIB
    assert shell.hung_up is not None
