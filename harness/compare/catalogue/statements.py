"""Configuration that probes load: without effect where it's accepted, and named after us."""

from __future__ import annotations

from typing import Final

NAME: Final = "hil-probe"
# A prefix list that no policy refers to: no daemon acts upon it.
LIST_XML: Final = (
    f"<policy-options><prefix-list><name>{NAME}</name>"
    "<prefix-list-item><name>192.0.2.0/24</name></prefix-list-item>"
    "</prefix-list></policy-options>"
)
LIST_TEXT: Final = f"policy-options {{ prefix-list {NAME} {{ 192.0.2.0/24; }} }}"
LIST_SET: Final = f"set policy-options prefix-list {NAME} 192.0.2.0/24"
LIST_JSON: Final = (
    f'{{"configuration": {{"policy-options": {{"prefix-list": [{{"name": "{NAME}", '
    '"prefix-list-item": [{"name": "192.0.2.0/24"}]}]}}}'
)
ANOTHER_SET: Final = f"set policy-options prefix-list {NAME} 198.51.100.0/24"
DELETE_SET: Final = f"delete policy-options prefix-list {NAME}"

# Refused by a commit check, and nowhere else: what it refers to isn't there.
DANGLING_POLICY_SET: Final = (
    f"set routing-options static route 192.0.2.0/24 next-table {NAME}.inet.0"
)
DANGLING_GATEWAY_SET: Final = (
    f"set security ike gateway {NAME} ike-policy {NAME}-none\n"
    f"set security ike gateway {NAME} address 192.0.2.1\n"
    f"set security ike gateway {NAME} external-interface lo0.0"
)
DANGLING_VPN_SET: Final = (
    f"set security ipsec vpn {NAME} ike gateway {NAME}-none\n"
    f"set security ipsec vpn {NAME} ike ipsec-policy {NAME}-none"
)

# All that a commit of a probe can leave behind, as paths of harness.render.readback: what is to be
# refused as well, should a device take it.
COMMITTABLE: Final = frozenset(
    {
        ("policy-options", "prefix-list", NAME, "prefix-list-item", "192.0.2.0/24"),
        *(
            tuple(line.split()[1:])
            for lines in (DANGLING_POLICY_SET, DANGLING_GATEWAY_SET, DANGLING_VPN_SET)
            for line in lines.splitlines()
        ),
    }
)


def load_xml(body: str, action: str = "merge") -> str:
    """Return the operation that loads XML statements."""
    return (
        f'<load-configuration action="{action}" format="xml">'
        f"<configuration>{body}</configuration></load-configuration>"
    )


def load_text(body: str, action: str = "merge") -> str:
    """Return the operation that loads statements with braces."""
    return (
        f'<load-configuration action="{action}" format="text">'
        f"<configuration-text>{body}</configuration-text></load-configuration>"
    )


def load_set(body: str) -> str:
    """Return the operation that loads set lines."""
    return (
        '<load-configuration action="set" format="text">'
        f"<configuration-set>{body}</configuration-set></load-configuration>"
    )


def load_json(body: str) -> str:
    """Return the operation that loads JSON."""
    return (
        '<load-configuration action="merge" format="json">'
        f"<configuration-json>{body}</configuration-json></load-configuration>"
    )


LOCK: Final = "<lock-configuration/>"
PRIVATE: Final = "<open-configuration><private/></open-configuration>"
CLOSE: Final = "<close-configuration/>"
UNLOCK: Final = "<unlock-configuration/>"
RFC_LOCK: Final = "<lock><target><candidate/></target></lock>"
RFC_UNLOCK: Final = "<unlock><target><candidate/></target></unlock>"
DISCARD: Final = "<discard-changes/>"
COMPARE: Final = '<get-configuration compare="rollback" rollback="0" format="text"/>'
CHECK: Final = "<commit-configuration><check/></commit-configuration>"
COMMIT: Final = "<commit-configuration/>"
HISTORY: Final = "<get-commit-information/>"


def edit(body: str, operation: str = "", default: str = "") -> str:
    """Return RFC 6241's edit-config of the candidate with our prefix list."""
    stated = f"<default-operation>{default}</default-operation>" if default else ""
    marked = f' xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="{operation}"'
    attribute = marked if operation else ""
    return (
        f"<edit-config><target><candidate/></target>{stated}<config><configuration>"
        f"<policy-options><prefix-list{attribute}><name>{NAME}</name>{body}</prefix-list>"
        "</policy-options></configuration></config></edit-config>"
    )
