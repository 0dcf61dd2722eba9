"""Take given statements out of a configuration and leave everything else as it is.

Pure. The statements come as the paths of :mod:`harness.render.readback`; what is taken out is
looked up in the configuration as the device sent it, so that the rest keeps its order, its values
and its marks to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

from lxml import etree

from harness.render.readback import (
    HIDDEN,
    KEPT_ATTRIBUTES,
    Path,
    configuration_of,
    is_secret,
    keys_of,
    local_name,
)

_DELETE = "delete"
_INTERFACES: Path = ("interfaces", "interface")  # its entries are ports, and made by nobody


@dataclass(frozen=True, slots=True)
class Removal:
    """What taking statements out gives, and what stands in its way.

    ``entangled`` are paths of somebody else's inside of what would go, or in its place: taking it
    out would take theirs along, or leave half of an object of ours behind.
    """

    target: str = field(repr=False)  # the configuration without them; may hold reversible keys
    patch: str = field(repr=False)  # a <configuration> to merge that deletes them; no keys in it
    removed: frozenset[Path]  # the paths that go, as they were found
    entangled: tuple[Path, ...]


def without(configuration: str, ours: frozenset[Path], kept: frozenset[Path]) -> Removal:
    """Take ``ours`` out of ``configuration``, except what ``kept`` has as well.

    A container or an entry that is only there because of ``ours`` goes with its last statement.
    What somebody else has put into such a container stays, and so does the container; in such an
    *entry* it's entangled. Interfaces are entries that nobody makes by configuring them.
    Raises :class:`~harness.errors.DeviceError` when the configuration can't be read.
    """
    root = plain(configuration)
    blocks = {path[:end] for path in ours for end in range(1, len(path) + 1)}
    walk = _Walk(frozenset(blocks - kept), ours, kept)
    gone = walk.children(root, (), owned=False)
    patch = etree.Element("configuration")
    _deletions(root, patch, walk.gone)
    for element in gone:
        _take_out(element)
    return Removal(
        _text(root), _text(patch), frozenset(walk.removed), tuple(walk.entangled + walk.replaced())
    )


def plain(xml: str) -> etree._Element:
    """Return a read-back as it was loaded once: no namespaces, no attributes of readers alone.

    Readers get ``junos:…`` attributes and the elements in a namespace, of NETCONF or of Junos by
    dialect. PyEZ takes an element of any other name than ``configuration`` for a part of one, and
    wraps it.
    """
    root = configuration_of(xml)
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
        for name in list(element.attrib):
            if etree.QName(name).namespace:
                del element.attrib[name]
    etree.cleanup_namespaces(root)
    return root


def loadable(xml: str) -> str:
    """Return a read-back as the payload that restores it; see :func:`plain`."""
    return _text(plain(xml))


class _Walk:
    """One pass: which elements go, and what somebody else has among them."""

    def __init__(self, made: frozenset[Path], ours: frozenset[Path], kept: frozenset[Path]) -> None:
        self._made, self._ours, self._kept = made, ours, kept
        self._seen: set[Path] = set()
        self._theirs: list[Path] = []
        self.gone: set[etree._Element] = set()  # the topmost ones
        self.removed: set[Path] = set()
        self.entangled: list[Path] = []

    def children(
        self, parent: etree._Element, path: Path, *, owned: bool, keys: int = 0
    ) -> list[etree._Element]:
        """Return the topmost elements that go, below ``parent``."""
        found: list[etree._Element] = []
        for element in islice(parent, keys, None):
            if isinstance(element.tag, str):
                found += self._element(element, (*path, local_name(element)), owned=owned)
        return found

    def _element(self, element: etree._Element, path: Path, *, owned: bool) -> list[etree._Element]:
        keys = keys_of(element)
        here = (*path, *keys)
        if not len(element):
            text = (element.text or "").strip()
            if text:
                here = (*path, HIDDEN if is_secret(path[-1], text) else text)
        self._seen.add(here)
        mine = here in self._made
        if not mine and here not in self._kept:
            self._theirs.append(here)
            if owned:
                self.entangled.append(here)
        if mine:
            marks = (name for name in KEPT_ATTRIBUTES if element.get(name))
            self.entangled += [mark for m in marks if (mark := (*here, f"<{m}>")) not in self._ours]
        owned = owned or (mine and bool(keys) and path != _INTERFACES)
        below = self.children(element, here, owned=owned, keys=len(keys))
        if not mine or any(child not in self.gone for child in _statements(element, len(keys))):
            return below
        self.removed.add(here)
        self.gone.difference_update(below)
        self.gone.add(element)
        return [element]

    def replaced(self) -> list[Path]:
        """Return what stands where a value of ours stood."""
        missing = {path[:-1] for path in self._ours - self._seen - self._kept}
        return [path for path in self._theirs if path[:-1] in missing]


def _statements(element: etree._Element, keys: int) -> list[etree._Element]:
    return [child for child in islice(element, keys, None) if isinstance(child.tag, str)]


def _deletions(element: etree._Element, into: etree._Element, gone: set[etree._Element]) -> None:
    """Write the way to each element that goes, and there its deletion."""
    for child in element:
        if child in gone:
            into.append(_skeleton(child, delete=True))
        elif any(below in gone for below in child.iter(etree.Element)):
            copy = _skeleton(child, delete=False)
            into.append(copy)
            _deletions(child, copy, gone)


def _skeleton(element: etree._Element, *, delete: bool) -> etree._Element:
    copy = etree.Element(element.tag, {_DELETE: _DELETE} if delete else {})
    for key, value in zip(element, keys_of(element), strict=False):
        etree.SubElement(copy, key.tag).text = value
    text = (element.text or "").strip()
    if delete and not len(element) and not is_secret(local_name(element), text):
        copy.text = text or None  # one of several values of a leaf is named by itself
    return copy


def _take_out(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _text(root: etree._Element) -> str:
    return etree.tostring(root, encoding="unicode", with_tail=False)
