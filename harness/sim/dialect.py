"""The NETCONF envelope of Junos in both dialects: hello, rpc-reply, ok and rpc-error.

By default Junos puts the whole reply into the base namespace and sends warnings beside ``<ok/>``;
with ``system services netconf rfc-compliant`` NETCONF's own tags carry the prefix ``nc:`` and
warnings are dropped where ``<ok/>`` is returned (Junos NETCONF guide, RFC-compliant sessions).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from harness.sim.markup import leaf, node, padded
from harness.sim.messages import Complaint
from harness.sim.release import release_of

BASE_NAMESPACE = "urn:ietf:params:xml:ns:netconf:base:1.0"
BASE_1_1 = "urn:ietf:params:netconf:base:1.1"
SIMULATED_CAPABILITY = "urn:hil-harness:simulated-device:1.0"

_XNM = "http://xml.juniper.net/xnm/1.1/xnm"

# Hello of recorded devices: before 16.1 in the legacy names only, then 17.3R3, 18.4R3, 24.4R1.
_STANDARD = (
    "base:1.0",
    "capability:candidate:1.0",
    "capability:confirmed-commit:1.0",
    "capability:validate:1.0",
)
_LEGACY = (
    *(f"urn:ietf:params:xml:ns:netconf:{each}" for each in _STANDARD),
    "urn:ietf:params:xml:ns:netconf:capability:url:1.0?protocol=http,ftp,file",
)
_OWN = ("http://xml.juniper.net/netconf/junos/1.0", "http://xml.juniper.net/dmi/system/1.0")
_MODULES = (
    "urn:ietf:params:xml:ns:yang:ietf-inet-types?module=ietf-inet-types&revision=2013-07-15",
    "urn:ietf:params:xml:ns:yang:ietf-yang-metadata?module=ietf-yang-metadata&revision=2016-08-05",
)
_JCMD = "http://yang.juniper.net/junos/jcmd?module=junos-configuration-metadata&revision=2021-09-01"
_BOTH_FORMS = (16, 1)
_NAMES_MODULES = (22, 1)
_URL_SCHEME = (17, 4)
_DROPS_WARNINGS = (17, 4)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one session writes; ``release`` is the part of the version that namespaces carry."""

    release: str  # "18.4R3"
    rfc_compliant: bool = False
    version_1_1: bool = False  # "netconf version-1.1", which counts only with rfc-compliant

    @property
    def prefix(self) -> str:
        """Return what NETCONF's own tags start with."""
        return "nc:" if self.rfc_compliant else ""

    @property
    def drops_warnings(self) -> bool:
        """Say whether warnings are left out beside ok.

        A rfc-compliant session does from 17.4R3, 18.2R2, 18.3R2 and 18.4R1 on; the maintenance
        releases of 17.4 to 18.3 aren't told apart.
        """
        return self.rfc_compliant and release_of(self.release) >= _DROPS_WARNINGS

    @property
    def offers_chunks(self) -> bool:
        """Say whether base:1.1, and with it chunked framing, is offered."""
        return self.rfc_compliant and self.version_1_1

    @property
    def ok(self) -> str:
        """Return the ok element."""
        return f"<{self.prefix}ok/>\n"

    def capabilities(self) -> tuple[str, ...]:
        """Return what a device of this release offers in its hello."""
        release = release_of(self.release)
        if release < _BOTH_FORMS:
            return (*_LEGACY, *_OWN)
        scheme = "scheme" if release >= _URL_SCHEME else "protocol"
        url = f"capability:url:1.0?{scheme}=http,ftp,file"
        modules = release >= _NAMES_MODULES
        base, *others = _STANDARD
        legacy = (f"{base}?module=ietf-netconf&revision=2011-06-01" if modules else base, *others)
        return (
            *(f"urn:ietf:params:netconf:{each}" for each in (*_STANDARD, url)),
            *(f"urn:ietf:params:xml:ns:netconf:{each}" for each in (*legacy, url)),
            *(_MODULES if modules else ()),
            "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring",
            *_OWN,
            *((_JCMD,) if modules else ()),
        )

    def hello(self, user: str, login_class: str, session_id: int) -> str:
        """Write what the device sends first, the two comments before the root included."""
        offered = (
            *self.capabilities(),
            *((BASE_1_1,) if self.offers_chunks else ()),
            SIMULATED_CAPABILITY,
        )
        tag = f"{self.prefix}capability"
        lines = "".join(f"    <{tag}>{escape(each)}</{tag}>\n" for each in offered)
        return (
            "<!-- No zombies were killed during the creation of this user interface -->\n"
            f"<!-- user {_comment(user)}, class {_shown_class(user, login_class)} -->\n"
            f"<{self.prefix}hello {self._declaration()}>\n"
            f"  <{self.prefix}capabilities>\n{lines}  </{self.prefix}capabilities>\n"
            f"  <{self.prefix}session-id>{session_id}</{self.prefix}session-id>\n"
            f"</{self.prefix}hello>\n"
        )

    def reply(self, body: str, attributes: Mapping[str, str]) -> str:
        """Wrap ``body`` as the answer to an rpc whose attributes are echoed (RFC 6241, 4.2)."""
        echoed = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        tag = f"{self.prefix}rpc-reply"
        return (
            f"<{tag} {self._declaration()}"
            f' xmlns:junos="http://xml.juniper.net/junos/{self.release}/junos"{echoed}>\n'
            f"{body}</{tag}>\n"
        )

    def error(self, complaint: Complaint) -> str:
        """Write one complaint as rpc-error; texts are padded with newlines as on a device."""
        p = self.prefix
        parts = []
        if complaint.tag:  # a lock refusal as documented has a severity and a message only
            parts += [leaf(f"{p}error-type", "protocol"), leaf(f"{p}error-tag", complaint.tag)]
        parts.append(leaf(f"{p}error-severity", complaint.severity))
        if complaint.daemon:
            parts.append(padded("source-daemon", complaint.daemon))
        if complaint.path:
            parts.append(padded(f"{p}error-path", complaint.path))
        parts.append(padded(f"{p}error-message", complaint.text))
        if complaint.bad_element:
            element = leaf(f"{p}bad-element", complaint.bad_element)
            parts.append(node(f"{p}error-info", element))
        return node(f"{p}rpc-error", *parts)

    def errors(self, complaints: Sequence[Complaint]) -> str:
        """Write several complaints in their order."""
        return "".join(self.error(complaint) for complaint in complaints)

    def _declaration(self) -> str:
        name = "xmlns:nc" if self.rfc_compliant else "xmlns"
        return f'{name}="{BASE_NAMESPACE}"'


def daemon_error(daemon: str, message: str) -> str:
    """Write the error of an operational daemon, the same in both dialects."""
    attributes = {"xmlns": _XNM, "xmlns:xnm": _XNM}
    return node(
        "xnm:error",
        "<parse/>\n",
        padded("source-daemon", daemon),
        padded("message", f"error: {message}"),
        attributes=attributes,
    )


def _shown_class(user: str, login_class: str) -> str:
    """Return a class as the hello names it: with a prefix, but not for root (recorded)."""
    return login_class if user == "root" else f"j-{login_class}"


def _comment(text: str) -> str:
    return text.replace("--", "- -")
