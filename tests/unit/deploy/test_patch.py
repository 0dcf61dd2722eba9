"""The device's own diff is read whole, or refused."""

import pytest

from harness.deploy.patch import Change, changes
from harness.errors import UnsafeChange

PATCH = """\
[edit interfaces]
+   st0 {
+       unit 1 {
+           family inet {
+               address 100.64.0.0/31;
+           }
+       }
+   }
[edit security zones]
     security-zone untrust { ... }
+    security-zone hil-ipsec {
+        interfaces {
+            st0.1;
+        }
+    }
[edit system]
-  host-name "old name";
+  host-name new; ## SECRET-DATA
[edit security policies from-zone a to-zone b]
!     policy p { ... }
"""


def test_every_changed_statement_is_found_with_its_whole_path():
    """Added, removed and replaced leaves come with the words from the top."""
    assert list(changes(PATCH.replace("!     policy p { ... }\n", ""))) == [
        Change("+", ("interfaces", "st0", "unit", "1", "family", "inet", "address",
                     "100.64.0.0/31")),
        Change("+", ("security", "zones", "security-zone", "hil-ipsec", "interfaces", "st0.1")),
        Change("-", ("system", "host-name", "old name")),
        Change("+", ("system", "host-name", "new")),
    ]  # fmt: skip


def test_an_empty_container_is_a_change():
    """A statement without children is itself what was added."""
    patch = "[edit]\n+  security {\n+      ike {\n+      }\n+  }\n"
    assert list(changes(patch)) == [Change("+", ("security", "ike"))]


def test_a_list_in_brackets_is_one_statement():
    """Brackets aren't words of a path."""
    assert list(changes("[edit x]\n+  members [ a b ];\n")) == [
        Change("+", ("x", "members", "a", "b"))
    ]


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ("[edit]\n+  what is this\n", "can't be read: what is this"),
        ("[edit]\n+  }\n", "closes nothing"),
        ("[edit]\n+  a {\n", "ends inside a statement"),
        ("[edit]\n+  a {\n[edit b]\n", "begins inside another"),
        (PATCH, "can't be read: policy p { ... }"),
    ],
)
def test_what_does_not_fit_is_refused(patch, words):
    """A line that can't be read stops the push: a guess would let a change through."""
    with pytest.raises(UnsafeChange, match=words.replace("{", r"\{").replace("...", r"\.\.\.")):
        list(changes(patch))
