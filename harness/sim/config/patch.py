"""Merging a payload's patch tree into a configuration, copying only what changes.

Readers (XML, text, set, JSON) turn a payload into a patch: a :class:`~harness.sim.config.tree.Node`
whose marks carry operations. :class:`Merge` applies it; :func:`unify` makes a rebuilt tree share
all that it has in common with the old one.
"""

from __future__ import annotations

from dataclasses import replace

from harness.sim.config.paths import PLAIN, Refused, child_words, edit_path, key_named
from harness.sim.config.rearranging import (
    absent,
    beside,
    is_protected,
    only_protected,
    renamed_key,
)
from harness.sim.config.schema import Kind, Schema, Statement
from harness.sim.config.secret9 import same_secret
from harness.sim.config.tree import EMPTY, Key, Mark, Node, Value, is_clean
from harness.sim.messages import SIMULATED, Complaint, error, statement_not_found

# What a mark alone asks for, without anything to merge.
IN_PLACE = frozenset(
    ("delete", "remove", "create", "deactivate", "activate", "protect", "unprotect", "annotate")
)
RENAMING = frozenset(("rename", "copy"))
_ACTIVE = frozenset(("activate", "active"))


class _Draft:
    """A node about to change; it's copied on the first change and never twice."""

    __slots__ = ("_base", "node")

    def __init__(self, base: Node) -> None:
        self._base = base
        self.node = base

    def own(self) -> Node:
        """Return the node, which may be changed from now on."""
        if self.node is self._base:
            self.node = self._base.copy()
        return self.node

    def if_protected(self, key: Key, mark: Mark) -> Node | None:
        """Return the node as it is now if the child is protected from what ``mark`` asks."""
        if not self.node.marks or mark.operation == "unprotect":
            return None
        if not self.node.marks.get(key, PLAIN).protected:
            return None
        return self._base if self.node is self._base else self.node.copy()

    def put(self, key: Key, value: Value) -> None:
        """Give the child another value."""
        before = self.node.get(key)
        if before is not value and (isinstance(value, Node) or before != value):
            self.own()[key] = value

    def drop(self, key: Key) -> None:
        """Take the child away, and what was said about it."""
        if key in self.node:
            node = self.own()
            del node[key]
            if key in node.marks:
                node.marked(key, None)

    def state(self, key: Key, mark: Mark) -> None:
        """Let what a payload says about a statement hold; what it's silent about stays."""
        before = self.node.marks.get(key, PLAIN)
        after = Mark(
            inactive=mark.inactive or (before.inactive and mark.operation not in _ACTIVE),
            protected=mark.protected or before.protected,
            comment=mark.comment or before.comment,
        )
        self.mark(key, after)

    def mark(self, key: Key, mark: Mark) -> None:
        """Replace what is said about the child."""
        if self.node.marks.get(key, PLAIN) != mark:
            self.own().marked(key, mark)


def _brings_content(mark: Mark, value: Value) -> bool:
    """Say whether a statement declared active is merged too: Ansible declares all it sets so."""
    return mark.operation == "activate" and bool(value) and value is not True


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
            kept = draft.if_protected(tag, mark)
            if child.tag in statement.rivals and not mark.operation:
                for rival in statement.rivals[child.tag]:
                    draft.drop(rival)
            self._child(draft, child, value, mark, path)
            if kept is not None:
                self._insist(draft, kept, tag, mark, path + (child_words(child) or (child.tag,)))
        return draft.node

    def _list(self, old: Node, patch: Node, statement: Statement, path: tuple[str, ...]) -> Node:
        if not old and is_clean(patch):
            return patch
        if patch and old.keys().isdisjoint(patch) and is_clean(patch):
            joined = old.copy()
            joined.update(patch)
            return joined
        draft = _Draft(old)
        marks = patch.marks
        for key, value in patch.items():
            mark = marks.get(key, PLAIN)
            before = old.get(key)
            if mark is PLAIN and isinstance(value, Node):
                if before is None and value.clean:
                    draft.put(key, value)
                    continue
                if before == value and is_clean(value) and _is_clean(before):
                    continue
            kept = draft.if_protected(key, mark)
            words = path + child_words(statement, key)
            self._entry(draft, key, value, statement, mark=mark, path=path)
            if kept is not None:
                self._insist(draft, kept, key, mark, words)
        return draft.node

    def _entry(
        self,
        draft: _Draft,
        key: Key,
        value: Value,
        statement: Statement,
        *,
        mark: Mark,
        path: tuple[str, ...],
    ) -> None:
        """Apply one entry of a list patch."""
        words = child_words(statement, key)
        if not _brings_content(mark, value) and self._in_place(draft, key, words, mark, path):
            return
        if mark.operation in RENAMING:
            self._rename(draft, statement, key, mark, path)
            return
        subtree = value if isinstance(value, Node) else EMPTY
        if mark.operation == "insert" and key not in draft.node and not subtree:
            raise absent(words, path)
        before = draft.node.get(key)
        after = self._subtree(before, subtree, statement, mark, path + words, entry=True)
        draft.put(key, after)
        if mark is not PLAIN:
            draft.state(key, mark)
        if mark.operation == "insert":
            self._insert(draft, statement, key, mark, path)

    def _child(
        self, draft: _Draft, statement: Statement, value: Value, mark: Mark, path: tuple[str, ...]
    ) -> None:
        """Apply one child of a container patch."""
        tag = statement.tag
        before = draft.node.get(tag)
        if mark.members and mark.operation == "insert":
            self._insert_value(draft, tag, mark, path)
        elif mark.members:
            self._delete_members(draft, tag, mark, path)
            self._add_values(draft, tag, value)
        elif not _brings_content(mark, value) and self._in_place(draft, tag, (tag,), mark, path):
            pass
        elif mark.operation == "protect" and not value:
            self.warnings.append(statement_not_found(tag, edit_path(path)))
        else:
            after = self._value(before, statement, value, mark, path)
            if after is None:
                draft.drop(tag)
                return
            draft.put(tag, after)
            if mark is not PLAIN:
                draft.state(tag, mark)

    def _value(
        self,
        before: Value | None,
        statement: Statement,
        value: Value,
        mark: Mark,
        path: tuple[str, ...],
    ) -> Value | None:
        """Return what a child is after the merge; None when nothing is left of it."""
        if isinstance(value, Node):
            words = () if statement.kind is Kind.LIST else child_words(statement)
            after = self._subtree(before, value, statement, mark, path + words)
            exists = after or (statement.presence and statement.kind is Kind.CONTAINER)
            return after if exists else None
        if isinstance(value, tuple):
            replacing = mark.operation in self._replacing
            kept = before if isinstance(before, tuple) and not replacing else ()
            return kept + tuple(one for one in value if one not in kept)
        same = before is not None and _same_leaf(before, value, statement)
        return before if same else value

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
        if not operation or operation not in IN_PLACE:
            return False
        present = key in draft.node
        if operation == "create":
            if present:
                text = f"statement already exists {SIMULATED}"
                where, word = edit_path(path), " ".join(words)
                raise Refused(Complaint("error", text, where, word, tag="data-exists"))
            return False
        if not present:
            if operation == "protect":
                return False  # it's made, and protected then
            if operation != "remove":
                self.warnings.append(statement_not_found(" ".join(words), edit_path(path)))
            return True
        before = draft.node.marks.get(key, PLAIN)
        if operation in {"delete", "remove"}:
            self._drop(draft, key, path + words)
        elif operation == "annotate":
            draft.mark(key, replace(before, comment=mark.comment))
        elif operation in {"protect", "unprotect"}:
            draft.mark(key, replace(before, protected=operation == "protect"))
        else:
            draft.mark(key, replace(before, inactive=operation == "deactivate"))
        return True

    def _drop(self, draft: _Draft, key: Key, path: tuple[str, ...]) -> None:
        """Delete a statement, except what is protected in it."""
        value = draft.node[key]
        rest = None
        if isinstance(value, Node) and not is_clean(value):
            rest = only_protected(value)
        if rest is None:
            draft.drop(key)
            return
        draft.put(key, rest)
        self.warnings.append(is_protected(path, "deleted"))

    def _insist(
        self, draft: _Draft, kept: Node, key: Key, mark: Mark, path: tuple[str, ...]
    ) -> None:
        """Undo the change of a protected statement, and warn; ``kept``: the node before it."""
        unchanged = draft.node.get(key) is kept[key] or draft.node.get(key) == kept[key]
        if unchanged and draft.node.marks.get(key) == kept.marks.get(key):
            return
        draft.node = kept
        doing = "deleted" if mark.operation in {"delete", "remove"} else "changed"
        self.warnings.append(is_protected(path, doing))

    def _rename(
        self, draft: _Draft, statement: Statement, key: Key, mark: Mark, path: tuple[str, ...]
    ) -> None:
        """Give an entry another name in its place, or copy it to the end under that name."""
        new = renamed_key(statement, key, mark.other, path)
        if key not in draft.node:
            raise absent(child_words(statement, key), path)
        if new in draft.node:
            text = f"target '{' '.join(child_words(statement, new))}' already exists {SIMULATED}"
            raise Refused(error(text, edit_path(path), " ".join(child_words(statement, new))))
        node = draft.own()
        if mark.operation == "copy":
            node[new] = node[key]
            return
        items = [(new if name == key else name, value) for name, value in node.items()]
        its = node.marks.get(key)
        node.marked(key, None)
        node.clear()
        node.update(items)
        node.marked(new, its)

    def _insert(
        self, draft: _Draft, statement: Statement, key: Key, mark: Mark, path: tuple[str, ...]
    ) -> None:
        """Move an entry beside another."""
        others = [name for name in draft.node if name != key]
        other = key_named(statement, others, mark.other) if mark.other else None
        if mark.beside in {"before", "after"} and other is None:
            raise absent(mark.other, path)
        order = beside(others, key, mark.beside, other)
        if order != list(draft.node):
            node = draft.own()
            items = [(name, node[name]) for name in order]
            node.clear()
            node.update(items)

    def _insert_value(self, draft: _Draft, tag: str, mark: Mark, path: tuple[str, ...]) -> None:
        """Move a value of a leaf-list beside another."""
        held = draft.node.get(tag)
        values = list(held) if isinstance(held, tuple) else []
        for member in mark.members:
            neighbour = mark.other[-1] if mark.other else None
            known = mark.beside in {"first", "last"} or neighbour in values
            if not known or (member not in values and len(mark.members) > 1):
                raise absent((tag, *mark.other[-1:]), path)
            values = beside(
                [one for one in values if one != member], member, mark.beside, neighbour
            )
        draft.put(tag, tuple(values))

    def _add_values(self, draft: _Draft, tag: str, value: Value) -> None:
        """Add the values that a payload gives a statement after it deleted others."""
        if isinstance(value, tuple) and value:
            held = draft.node.get(tag)
            kept = held if isinstance(held, tuple) else ()
            draft.put(tag, kept + tuple(one for one in value if one not in kept))
        elif isinstance(value, str) and value:
            draft.put(tag, value)

    def _delete_members(self, draft: _Draft, tag: str, mark: Mark, path: tuple[str, ...]) -> None:
        """Delete values of a leaf-list, or a leaf that holds the value named."""
        before = draft.node.get(tag)
        held = before if isinstance(before, tuple) else (before,)
        rest = tuple(str(value) for value in held if value not in mark.members)
        if mark.operation == "delete":
            absent_ones = [member for member in mark.members if member not in held]
            self.warnings += [statement_not_found(word, edit_path(path)) for word in absent_ones]
        if not rest or before is None:
            draft.drop(tag)
        elif isinstance(before, tuple):
            draft.put(tag, rest)


def _is_clean(value: Value | None) -> bool:
    return isinstance(value, Node) and is_clean(value)


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
