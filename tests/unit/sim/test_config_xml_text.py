"""Text beside elements: a value without a word of its own, or a mistake."""

from __future__ import annotations

import pytest

from harness.sim.config.tree import get, leaf

OPTIONS = "<routing-options>{}</routing-options>"
MARKED = '<system><host-name replace="replace">r1</host-name></system>'  # read by the other walk


@pytest.mark.parametrize("beside", ["", MARKED], ids=["plain", "marked"])
@pytest.mark.parametrize(
    ("body", "values"),
    [
        ("<autonomous-system>64512</autonomous-system>", ("64512", None)),
        ("<autonomous-system> 64512 <loops>2</loops></autonomous-system>", ("64512", "2")),
        (
            "<autonomous-system>\n<as-number>64512</as-number>\n</autonomous-system>",
            ("64512", None),
        ),
    ],
)
def test_text_of_a_container_is_the_value_that_has_no_word(store, session, beside, body, values):
    """Clients write the AS number both ways, and neither is lost."""
    payload = f"<configuration>{beside}{OPTIONS.format(body)}</configuration>"
    assert session.load(payload, "xml") == []
    found = get(store.candidate, "routing-options", "autonomous-system")
    assert (leaf(found, "as-number"), leaf(found, "loops")) == values


@pytest.mark.parametrize("beside", ["", MARKED], ids=["plain", "marked"])
@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("<system>x<host-name>r1</host-name></system>", ("", "system")),
        ("<system>x</system>", ("", "system")),
        ("<interfaces>x</interfaces>", ("", "interfaces")),
        (
            "<interfaces><interface>x<name>st0</name></interface></interfaces>",
            ("[edit interfaces]", "interface"),
        ),
        ("<system><services><ssh>x</ssh></services></system>", ("[edit system services]", "ssh")),
        ("<system><host-name>r1<x/></host-name></system>", ("[edit system]", "x")),
    ],
)
def test_other_text_is_a_syntax_error(session, beside, body, wanted):
    """What would be lost is refused, with the element that it stands in."""
    payload = f"<configuration>{beside}{body}</configuration>"
    complaint = session.load(payload, "xml")[0]
    assert complaint.text == "syntax error"
    assert (complaint.path, complaint.bad_element) == wanted


def test_text_in_the_configuration_itself_is_a_syntax_error(session):
    """The outermost element is a container like others."""
    assert session.load("<configuration>x</configuration>", "xml")[0].bad_element == "configuration"
