"""From a folder of published models to a table: which modules, which items, which rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError
from harness.sim.yang.statements import YangStatement, YangSyntaxError, parse_yang
from harness.sim.yang.table import Flag, Item, ItemBody, Json, Table, without_collection

Progress = Callable[[str], None]

# Juniper publishes the rules of this family only.
RULES_OF = "junos-es"

_ADVANCED = "apply-advanced"  # the grouping that gives a statement its apply-groups
_TEMPLATE = "<.*>|$.*"  # a wildcard of a configuration group, beside every number
_BOUNDS = {
    "int8": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint8": (0, 2**8 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}


@dataclass(slots=True)
class _Shared:
    """Rules and types, each kept once."""

    musts: dict[tuple[str, str], int] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)

    def rules(self, statement: YangStatement) -> list[Json]:
        """Return the numbers of the rules that stand in ``statement``."""
        found: list[Json] = []
        text: str | None = None
        for one in statement.substatements:
            if one.keyword == "junos:must":
                text = one.argument or ""
            elif one.keyword == "junos:must-message" and text is not None:
                rule = (text, one.argument or "")
                found.append(self.musts.setdefault(rule, len(self.musts)))
                text = None
        return found

    def type_number(self, shape: ItemBody) -> int:
        return self.types.setdefault(json.dumps(shape), len(self.types))

    def musts_made(self) -> list[list[str]]:
        return [list(rule) for rule in self.musts]

    def types_made(self) -> list[ItemBody]:
        return [json.loads(shape) for shape in self.types]


def release_in(folder: Path) -> Path:
    """Return the folder that holds the families: ``folder``, or the only one in it that does."""
    if any(folder.glob("*/conf")):
        return folder
    inner = [path for path in folder.glob("*/") if any(path.glob("*/conf"))]
    return inner[0] if len(inner) == 1 else folder


def compile_family(folder: Path, family: str, progress: Progress = lambda _: None) -> Table:
    """Compile the configuration models of ``family`` in an unpacked release at ``folder``.

    Where a module exists with the vendor's extensions, that one is taken. A family without any
    gets the rules of :data:`RULES_OF` by path, if that is in the folder too.
    Raises :class:`~harness.errors.UsageError` when folder, family or a module isn't there.
    """
    shared = _Shared()
    main = _Family(folder, family, shared, progress)
    carried: _Family | None = None
    extended = folder / RULES_OF / "conf-with-extensions"
    if not main.extended and family != RULES_OF and extended.is_dir():
        carried = _Family(folder, RULES_OF, shared, progress)
    pruned = _Pruning(carried, shared.types_made()) if carried is not None else None
    return Table(
        family=family,
        release=main.release,
        modules=tuple(main.modules),
        carried_from=RULES_OF if carried is not None else "",
        musts=shared.musts_made(),
        types=shared.types_made(),
        groupings=main.groupings,
        root=main.root,
        carried_groupings=pruned.groupings if pruned is not None else [],
        carried_root=pruned.root if pruned is not None else [],
    )


class _Family:
    """One family while it's compiled."""

    def __init__(self, folder: Path, family: str, shared: _Shared, progress: Progress) -> None:
        self._shared = shared
        self._numbers: dict[tuple[str, str], int] = {}
        self._bodies: dict[tuple[str, str], YangStatement] = {}
        self.groupings: list[list[Json]] = []
        self._has_rules: dict[int, bool] = {}
        self.modules: list[str] = []
        self.extended = False
        self.release = ""
        with without_collection():
            parsed = [(path, _parsed(path, progress)) for path in self._files(folder, family)]
        for path, module in parsed:
            self.modules.append(path.stem)
            self._register(module)
        progress(f"compiling {family}")
        self.root = self._top([module for _, module in parsed])

    def _files(self, folder: Path, family: str) -> list[Path]:
        """Return the files to read, the root first; the variant with extensions where it exists."""
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder; expected an unpacked release of models")
        known = sorted(path.parent.name for path in folder.glob("*/conf"))
        if family not in known:
            there = ", ".join(known) or "none (expected FAMILY/conf in it)"
            raise UsageError(f"{folder}: no models of {family!r}; known: {there}")
        chosen: dict[str, Path] = {}
        for part in ("conf", "conf-with-extensions"):
            for path in sorted((folder / family / part).glob(f"{family}-conf-*.yang")):
                chosen[path.name.partition("@")[0]] = path
                self.extended = self.extended or part != "conf"
        root = f"{family}-conf-root"
        if root not in chosen:
            raise UsageError(f"{folder / family / 'conf'}: module {root} isn't there")
        return [chosen.pop(root), *(chosen[name] for name in sorted(chosen))]

    def _register(self, module: YangStatement) -> None:
        name = module.argument or ""
        revision = module.find("revision")
        said = (revision.argument_of("description") or "") if revision is not None else ""
        self.release = self.release or said.removeprefix("Junos: ").strip()
        for grouping in module.every("grouping"):
            self._bodies[name, grouping.argument or ""] = grouping

    def _top(self, modules: list[YangStatement]) -> list[Json]:
        """Return the items of ``configuration``, without its groups: they hold the same again."""
        root = modules[0]
        configuration = root.find("container")
        if configuration is None or configuration.argument != "configuration":
            raise UsageError(f"module {root.argument}: no container 'configuration' in it")
        made: list[Json] = []
        for one in configuration.substatements:
            if one.argument != "groups":
                made += self._item(one, root.argument or "")
        for module in modules:
            for augment in module.every("augment"):
                if (augment.argument or "").count("/") == 1:
                    made += self._items(augment, module.argument or "")
        return made

    def _grouping(self, name: str, module: str) -> int:
        """Return the number of a grouping, compiled when it's first used."""
        plain = name.rpartition(":")[2]
        body = self._bodies.get((module, plain))
        if body is None:
            raise UsageError(f"module {module}: uses {name}, which isn't defined")
        number = self._numbers.get((module, plain))
        if number is None:
            items = self._items(body, module)
            number = self._numbers[module, plain] = len(self.groupings)
            self.groupings.append(items)
            self._has_rules[number] = self._rules_in(items)
        return number

    def _rules_in(self, items: list[Json]) -> bool:
        for item in items:
            if isinstance(item, int):
                if self._has_rules[item]:
                    return True
            elif isinstance(item, list) and item[0] == Item.CHOICE:
                if any(self._rules_in(case) for _, case in _cases(item)):
                    return True
            elif isinstance(item, list) and _flags(item) & Flag.RULES:
                return True
        return False

    def _items(self, body: YangStatement, module: str) -> list[Json]:
        return [item for one in body.substatements for item in self._item(one, module)]

    def _item(self, one: YangStatement, module: str) -> list[Json]:
        keyword = one.keyword
        if keyword == "uses":
            return [self._grouping(one.argument or "", module)]
        if keyword in {"container", "list"}:
            return [self._branch(one, module)]
        if keyword in {"leaf", "leaf-list"}:
            return [self._leaf(one)]
        if keyword == "choice":
            return [self._choice(one, module)]
        return []

    def _branch(self, one: YangStatement, module: str) -> Json:
        items = self._items(one, module)
        used = [*self._used(one, module)]
        extra = self._extra(one, *(self._bodies[key] for key in used))
        flags = _flags_of(one)
        if extra or self._rules_in(items):
            flags |= Flag.RULES
        if not any(name == _ADVANCED for _, name in used):
            flags |= Flag.INLINE
        made: ItemBody
        if one.keyword == "list":
            keys = (one.argument_of("key") or "").split()
            made = [Item.LIST, one.argument, int(flags), items, list(keys)]
        else:
            made = [Item.CONTAINER, one.argument, int(flags), items]
        return [*made, extra] if extra else made

    def _used(self, one: YangStatement, module: str) -> Iterator[tuple[str, str]]:
        """Walk the groupings that a statement uses, those that these use included."""
        for uses in one.every("uses"):
            key = (module, (uses.argument or "").rpartition(":")[2])
            yield key
            yield from self._used(self._bodies[key], module)

    def _leaf(self, one: YangStatement) -> Json:
        extra = self._extra(one)
        flags = _flags_of(one)
        kind = one.find("type")
        if kind is None:
            raise UsageError(f"{one.keyword} {one.argument} has no type")
        if one.keyword == "leaf" and kind.argument == "empty":
            shape: ItemBody = [Item.EMPTY, one.argument]
            rules = False
        else:
            compiled = self._type(kind)
            item = Item.LEAF if one.keyword == "leaf" else Item.LEAF_LIST
            shape = [item, one.argument, self._shared.type_number(compiled)]
            rules = compiled[0] == "enumeration" and len(compiled) > 2
        if extra or rules or flags & Flag.MANDATORY:
            flags |= Flag.RULES
        shape.insert(2, int(flags))
        return [*shape, extra] if extra else shape

    def _choice(self, one: YangStatement, module: str) -> Json:
        cases: list[Json] = []
        for case in one.substatements:
            if case.keyword == "case":
                cases.append([case.argument, self._items(case, module)])
            else:
                items = self._item(case, module)
                if items:
                    cases.append([case.argument, items])
        return [Item.CHOICE, one.argument, int(_flags_of(one) & Flag.MANDATORY), cases]

    def _extra(self, one: YangStatement, *used: YangStatement) -> dict[str, Json]:
        """Return rules and the most elements; rules in a grouping are about what uses it."""
        extra: dict[str, Json] = {}
        rules = [rule for body in (one, *used) for rule in self._shared.rules(body)]
        if rules:
            extra["must"] = rules
        most = one.argument_of("max-elements")
        if most is not None and most.isdigit():
            extra["max"] = int(most)
        return extra

    def _type(self, one: YangStatement) -> ItemBody:
        name = (one.argument or "").rpartition(":")[2]
        if name == "union":
            return self._union(one)
        if name == "enumeration":
            words: list[Json] = [enum.argument for enum in one.every("enum")]
            rules: dict[str, Json] = {}
            for enum in one.every("enum"):
                found = self._shared.rules(enum)
                if found:
                    rules[enum.argument or ""] = found
            return ["enumeration", words, rules] if rules else ["enumeration", words]
        if name in _BOUNDS:
            return ["integer", _spans(one.argument_of("range"), *_BOUNDS[name])]
        if name == "decimal64":
            digits = int(one.argument_of("fraction-digits") or 0)
            return ["decimal", digits, _spans(one.argument_of("range"), -(2**63), 2**63)]
        return _string(one, "" if name == "string" else name)

    def _union(self, one: YangStatement) -> ItemBody:
        members: list[ItemBody] = []
        for member in one.every("type"):
            pattern = member.argument_of("pattern")
            if pattern == _TEMPLATE:
                continue
            if pattern is not None:  # a single word in all models: "default", "derived", "\*"
                members.append(["enumeration", [pattern.replace("\\", "")]])
            else:
                members.append(self._type(member))
        return members[0] if len(members) == 1 else ["union", list(members)]


def _string(one: YangStatement, name: str) -> ItemBody:
    """Return a string with its lengths, the vendor's pattern and what is said against others."""
    lengths = _spans(one.argument_of("length"), 0, 2**32) if one.find("length") else []
    pattern = one.argument_of("junos:posix-pattern") or ""
    message = one.argument_of("junos:pattern-message") or ""
    shape: ItemBody = ["string", lengths, pattern, message, name]
    while len(shape) > 1 and not shape[-1]:
        shape.pop()
    return shape


def _spans(text: str | None, low: int, high: int) -> list[Json]:
    """Read a range or a length (RFC 7950, 9.2.4): ``1 .. 4 | 7 .. max``."""
    if text is None:
        return [[low, high]]
    limits = {"min": low, "max": high}
    spans: list[Json] = []
    for part in text.split("|"):
        first, _, last = part.partition("..")
        ends = [first.strip(), (last or first).strip()]
        spans.append([limits.get(end) if end in limits else _number(end) for end in ends])
    return spans


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _flags_of(one: YangStatement) -> Flag:
    flags = Flag(0)
    for sub in one.substatements:
        if sub.keyword == "presence":
            flags |= Flag.PRESENCE
        elif sub.keyword == "ordered-by" and sub.argument == "user":
            flags |= Flag.USER_ORDER
        elif sub.keyword == "mandatory" and sub.argument == "true":
            flags |= Flag.MANDATORY
    return flags


def _flags(item: ItemBody) -> int:
    return item[2] if isinstance(item[2], int) else 0


def _parsed(path: Path, progress: Progress) -> YangStatement:
    progress(f"reading {path.parent.name}/{path.name}")
    try:
        return parse_yang(path.read_text(encoding="utf-8"))
    except YangSyntaxError as exc:
        raise UsageError(f"{path}:{exc.line}: {exc}") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"{path}: can't be read ({exc})") from exc


class _Pruning:
    """Leaves of a family only what carries a rule or a pattern, and what leads to it."""

    def __init__(self, family: _Family, types: list[ItemBody]) -> None:
        self._family = family
        self._types = types
        self._numbers: dict[int, int | None] = {}
        self.groupings: list[list[Json]] = []
        self.root = self._items(family.root)

    def _items(self, items: list[Json]) -> list[Json]:
        found: list[Json] = []
        for item in items:
            if isinstance(item, int):
                number = self._grouping(item)
                if number is not None:
                    found.append(number)
            elif isinstance(item, list):
                found += self._item(item)
        return found

    def _grouping(self, number: int) -> int | None:
        if number not in self._numbers:
            items = self._items(self._family.groupings[number])
            self._numbers[number] = len(self.groupings) if items else None
            if items:
                self.groupings.append(items)
        return self._numbers[number]

    def _item(self, item: ItemBody) -> list[Json]:
        if item[0] == Item.CHOICE:
            return [found for _, items in _cases(item) for found in self._items(items)]
        ruled = isinstance(item[-1], dict)
        if item[0] in {Item.CONTAINER, Item.LIST} and isinstance(item[3], list):
            below = self._items(item[3])
            return [[*item[:3], below, *item[4:]]] if below or ruled else []
        if item[0] in {Item.LEAF, Item.LEAF_LIST} and isinstance(item[3], int):
            return [item] if ruled or self._says_something(self._types[item[3]]) else []
        return [item] if ruled else []

    @staticmethod
    def _says_something(kind: ItemBody) -> bool:
        return len(kind) > 2 and kind[0] in {"string", "enumeration"} and bool(kind[2])


def _cases(choice: ItemBody) -> Iterator[tuple[str, list[Json]]]:
    """Walk the cases of a choice and what is in them."""
    for case in choice[3] if isinstance(choice[3], list) else ():
        if isinstance(case, list) and isinstance(case[1], list):
            yield str(case[0]), case[1]
