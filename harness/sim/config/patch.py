"""Merging a payload's patch tree into a configuration, copying only what changes.

Readers (XML, text, set, JSON) turn a payload into a patch: a :class:`~harness.sim.config.tree.Node`
whose marks carry operations. :class:`Merge` applies it; :func:`unify` makes a rebuilt tree share
all that it has in common with the old one.
"""

from __future__ import annotations

from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.secret9 import same_secret
from harness.sim.config.tree import EMPTY, Key, Mark, Node, Value, is_clean
from harness.sim.messages import SIMULATED, Complaint, statement_not_found

PLAIN = Mark()


class Refused(Exception):
    """A payload that the device doesn't take; ``complaints`` say why."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__(*(complaint.text for complaint in complaints))
        self.complaints = complaints


def edit_path(words: tuple[str, ...]) -> str:
    """Write a path as Junos does: ``[edit security ike]``; empty at the top."""
    return f"[edit {' '.join(words)}]" if words else ""


def child_words(statement: Statement, key: Key | None = None) -> tuple[str, ...]:
    """Return what is typed for a child statement, or for the entry ``key`` of a list."""
    if statement.kind is not Kind.LIST:
        return () if statement.hidden else (statement.tag,)
    if key is None:
        return (statement.tag,)
    names = (key,) if isinstance(key, str) else key
    typed: list[str] = []
    for word, name in zip(statement.key_words, names, strict=True):
        typed.extend((word, name) if word else (name,))
    return tuple(typed)


class _Draft:
    """A node about to change; it's copied on the first change and never twice."""

    __slots__ = ("_base", "node")

    def __init__(self, base: Node) -> None:
        self._base = base
        self.node = base

    def _own(self) -> Node:
        if self.node is self._base:
            self.node = self._base.copy()
        return self.node

    def put(self, key: Key, value: Value, *, inactive: bool = False) -> None:
        before = self.node.get(key)
        if before is not value and (isinstance(value, Node) or before != value):
            self._own()[key] = value
        if inactive:
            self.switch(key, inactive=True)

    def drop(self, key: Key) -> None:
        if key in self.node:
            node = self._own()
            del node[key]
            if key in node.marks:
                node.marked(key, None)

    def switch(self, key: Key, *, inactive: bool) -> None:
        if self.node.marks.get(key, PLAIN).inactive is not inactive:
            self._own().marked(key, Mark(inactive=inactive))


class Merge:
    """One application of a patch; ``warnings`` collects what was said on the way."""

    def __init__(self, *, honour_tag: bool) -> None:
        """``honour_tag``: obey Junos' ``replace:`` tag; ``load merge`` ignores it."""
        self._replacing = {"replace", "replace:"} if honour_tag else {"replace"}
        self.warnings: list[Complaint] = []

    def apply(self, tree: Node, patch: Node, schema: Schema) -> Node:
        """Return ``tree`` with ``patch`` merged in; the same tree if that changes nothing.

        Raises :class:`Refused` when something that should be created exists.
        """
        return self._container(tree, patch, schema, ())

    def _container(
        self, old: Node, patch: Node, statement: Statement, path: tuple[str, ...]
    ) -> Node:
        if not old and is_clean(patch):
            return patch or old
        draft = _Draft(old)
        for tag, value in patch.items():
            child = statement.children[str(tag)]
            mark = patch.marks.get(tag, PLAIN)
            if child.either and not mark.operation:
                for rival in statement.rivals[child.tag]:
                    draft.drop(rival)
            self._child(draft, child, value, mark, path)
        return draft.node

    def _list(self, old: Node, patch: Node, statement: Statement, path: tuple[str, ...]) -> Node:
        if not old and is_clean(patch):
            return patch
        draft = _Draft(old)
        for key, value in patch.items():
            if key not in old and isinstance(value, Node) and value.clean and not patch.marks:
                draft.put(key, value)
                continue
            mark = patch.marks.get(key, PLAIN)
            words = child_words(statement, key)
            if not self._in_place(draft, key, words, mark, path):
                subtree = value if isinstance(value, Node) else EMPTY
                after = self._subtree(
                    draft.node.get(key), subtree, statement, mark, path + words, entry=True
                )
                draft.put(key, after, inactive=mark.inactive)
        return draft.node

    def _child(
        self, draft: _Draft, statement: Statement, value: Value, mark: Mark, path: tuple[str, ...]
    ) -> None:
        """Apply one child of a container patch."""
        tag = statement.tag
        before = draft.node.get(tag)
        if mark.members:
            self._delete_members(draft, tag, mark, path)
        elif self._in_place(draft, tag, (tag,), mark, path):
            pass
        elif isinstance(value, Node):
            words = () if statement.kind is Kind.LIST else child_words(statement)
            after = self._subtree(before, value, statement, mark, path + words)
            if after or (statement.presence and statement.kind is Kind.CONTAINER):
                draft.put(tag, after, inactive=mark.inactive)
            else:
                draft.drop(tag)
        elif isinstance(value, tuple):
            kept = (
                before
                if isinstance(before, tuple) and mark.operation not in self._replacing
                else ()
            )
            added = tuple(one for one in value if one not in kept)
            draft.put(tag, kept + added, inactive=mark.inactive)
        else:
            same = before is not None and _same_leaf(before, value, statement)
            draft.put(tag, before if same and before is not None else value, inactive=mark.inactive)

    def _subtree(
        self,
        before: Value | None,
        patch: Node,
        statement: Statement,
        mark: Mark,
        path: tuple[str, ...],
        *,
        entry: bool = False,
    ) -> Node:
        """Merge into, or replace, a container, list or (``entry``) entry of a list."""
        old = before if isinstance(before, Node) else EMPTY
        merge = self._list if statement.kind is Kind.LIST and not entry else self._container
        if mark.operation in self._replacing:
            after = merge(EMPTY, patch, statement, path)
            return unify(old, after, statement, entry=entry) if old else after
        after = merge(old, patch, statement, path)
        return Node() if after is EMPTY else after

    def _in_place(
        self, draft: _Draft, key: Key, words: tuple[str, ...], mark: Mark, path: tuple[str, ...]
    ) -> bool:
        """Do what a mark alone asks for; say whether nothing is left to do."""
        operation = mark.operation
        present = key in draft.node
        if operation == "create" and present:
            text = f"statement already exists {SIMULATED}"
            raise Refused(
                Complaint("error", text, edit_path(path), " ".join(words), tag="data-exists")
            )
        if operation in {"delete", "deactivate", "activate"} and not present:
            self.warnings.append(statement_not_found(" ".join(words), edit_path(path)))
        elif operation in {"delete", "remove"}:
            draft.drop(key)
        elif operation in {"deactivate", "activate"}:
            draft.switch(key, inactive=operation == "deactivate")
        return operation in {"delete", "remove", "deactivate", "activate"}

    def _delete_members(self, draft: _Draft, tag: str, mark: Mark, path: tuple[str, ...]) -> None:
        """Delete values of a leaf-list, or a leaf that holds the value named."""
        before = draft.node.get(tag)
        held = before if isinstance(before, tuple) else (before,)
        rest = tuple(str(value) for value in held if value not in mark.members)
        if mark.operation == "delete":
            absent = [member for member in mark.members if member not in held]
            self.warnings += [statement_not_found(word, edit_path(path)) for word in absent]
        if not rest or before is None:
            draft.drop(tag)
        elif isinstance(before, tuple):
            draft.put(tag, rest)


def _same_leaf(one: Value, other: Value, statement: Statement) -> bool:
    if one == other:
        return True
    reversible = statement.type is not None and statement.type.reversible
    return reversible and same_secret(str(one), str(other))


def unify(old: Node, new: Node, statement: Statement, *, entry: bool = False) -> Node:
    """Return ``new`` with every part that equals its counterpart in ``old`` shared with it.

    ``new`` must not be published yet: it's changed in place. Stored keys of the same clear text
    count as equal. The order of entries of a list has to be the same, that of statements not.
    ``entry``: the nodes are entries of the list ``statement``.
    """
    if old is new:
        return old
    is_list = statement.kind is Kind.LIST and not entry
    same = len(old) == len(new) and old.marks == new.marks
    if is_list and same:
        same = list(old) == list(new)
    for key, value in list(new.items()):
        before = old.get(key)
        child = statement if is_list else statement.children[str(key)]
        if isinstance(value, Node) and isinstance(before, Node):
            joined = unify(before, value, child, entry=is_list)
            new[key] = joined
            same = same and joined is before
        elif before is not None and _same_leaf(before, value, child):
            new[key] = before
        else:
            same = False
    return old if same else new
