"""From published models to a compiled file and back: modules, rules, versions, mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.errors import UsageError
from harness.sim.yang.compiling import compile_family, release_in
from harness.sim.yang.table import read_table, write_table

SUFFIXES = [".json.xz", ".json.gz", ".json"]


def build(*words: str) -> int:
    return main(["sim", "schema", "build", *words])


def test_modules_with_extensions_stand_in_for_their_namesakes(small):
    """Root comes first; rules are found only in the variant with extensions."""
    table = compile_family(small, "junos-es")
    assert table.modules == ("junos-es-conf-root@2019-01-01", "junos-es-conf-security@2019-01-01")
    assert (table.family, table.release, table.carried_from) == ("junos-es", "18.4R3.3", "")
    assert table.musts == [
        ['(!(".. size"))', "Fast has no size"],
        ['("security thing $$")', "No such thing"],
    ]


def test_a_grouping_is_a_number_wherever_it_is_used(small):
    """Nothing is expanded in the table."""
    table = compile_family(small, "junos-es")
    assert json.dumps(table.groupings).count('"around"') == 1


def test_a_family_without_rules_takes_those_of_junos_es(small):
    """They stand apart, with nothing that has no rule."""
    table = compile_family(small, "junos")
    assert table.carried_from == "junos-es"
    carried = json.dumps([table.carried_groupings, table.carried_root])
    assert '"mode"' in carried
    assert '"around"' not in carried


def test_a_family_without_rules_may_stand_alone(small, tmp_path):
    """Without junos-es beside it nothing is taken over."""
    (tmp_path / "junos").symlink_to(small / "junos")
    assert compile_family(tmp_path, "junos").carried_from == ""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_is_read(small, tmp_path, suffix):
    """In each of the three forms, and nothing else is left in the folder."""
    table = compile_family(small, "junos-es")
    target = tmp_path / f"es{suffix}"
    assert write_table(table, target) == target.stat().st_size
    assert read_table(target) == table
    assert list(tmp_path.iterdir()) == [target]


def test_an_existing_file_stays_whole_when_writing_fails(small, tmp_path, monkeypatch):
    """What was there is still there, and no half of the new one."""
    target = tmp_path / "es.json"
    target.write_text("before")

    def broken(_: Path, __: object) -> None:
        raise OSError(28, "No space left on device")

    table = compile_family(small, "junos-es")
    monkeypatch.setattr("harness.sim.yang.table.Path.replace", broken)
    with pytest.raises(UsageError, match=r"can't be written .No space left on device"):
        write_table(table, target)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"{", "no compiled schema; make one with"),
        ("a.json.xz", b"no xz", "can't be read as a compiled schema"),
        ("a.json.gz", b"no gzip", "can't be read as a compiled schema"),
        ("a.json", b'{"a": 1}', "no compiled schema; make one with: harness sim schema build"),
        ("a.json", b"[]", "no compiled schema"),
        (
            "a.json",
            b'{"format": "junos-schema", "version": 9}',
            "version 9 of the format, this program reads 1",
        ),
        ("a.json", b'{"format": "junos-schema", "version": 1}', "incomplete, it lacks family"),
    ],
)
def test_a_file_that_is_no_table(name, content, said, tmp_path):
    """Refused in one line that says what to do."""
    target = tmp_path / name
    target.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_table(target)
    assert str(caught.value).startswith(f"{target}: {said}")
    assert "\n" not in str(caught.value)


def test_a_table_that_isnt_there(tmp_path):
    """The path is named."""
    with pytest.raises(UsageError, match=r"nope\.json: no such file$"):
        read_table(tmp_path / "nope.json")


def test_the_folder_around_a_release_does_as_well(small, tmp_path):
    """One level up is where tar puts it; of more than one release none is taken."""
    assert release_in(small) == small
    (tmp_path / "18.4R3").symlink_to(small)
    assert release_in(tmp_path) == tmp_path / "18.4R3"
    (tmp_path / "19.4R1").symlink_to(small)
    assert release_in(tmp_path) == tmp_path


def test_build_and_show(small, tmp_path, capsys):
    """The whole way on the command line."""
    target = tmp_path / "junos.json.xz"
    assert build("--yang", str(small), "--family", "junos", "-o", str(target)) == 0
    said = capsys.readouterr()
    assert said.out.startswith(
        f"{target}: junos 18.4R3.3, 2 modules, 2 rules, rules of junos-es inferred, "
    )
    assert said.err == ""
    assert main(["sim", "schema", "show", str(target), "security", "thing"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "list thing [name] at most 3"
    assert "  leaf size (an integer of 2..9, 20..20)" in lines
    assert "  empty around choice way: two" in lines
    assert main(["sim", "schema", "show", str(target), "security", "other", "thing"]) == 0
    assert '  must ("security thing $$"): No such thing (inferred)' in capsys.readouterr().out
    assert main(["sim", "schema", "show", str(target)]) == 0
    assert capsys.readouterr().out.startswith("family   junos\nrelease  18.4R3.3\nrules    2\n")
    assert main(["sim", "schema", "show", str(target), "security", "nope"]) == 64
    assert "no statement 'nope' at security; there: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--yang", "{t}/no", "--family", "a", "-o", "{t}/a.json"], "{t}/no: no such folder"),
        (["--yang", "{t}", "--family", "a", "-o", "{t}/a.json"], "{t}: no models of 'a'; known: n"),
        (["--yang", "{s}", "--family", "ex", "-o", "{t}/a.json"], "known: junos, junos-es"),
        (["--yang", "{s}", "--family", "junos", "-o", "{t}/a.yang"], "a name that ends in .json"),
        (["--yang", "{s}", "--family", "junos", "-o", "{t}/b/a.json"], "no such folder {t}/b"),
    ],
)
def test_mistakes_on_the_command_line(words, said, small, tmp_path, capsys):
    """One line and exit 64."""
    places = {"s": small, "t": tmp_path}
    assert build(*(word.format(**places) for word in words)) == 64
    (line,) = capsys.readouterr().err.splitlines()
    assert said.format(**places) in line


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "junos-qfx-conf-root isn't there"),
        ("module m {\n leaf }", "junos-qfx-conf-root@1.yang:2: 'leaf }' is no statement"),
        ("module m { }", "module m: no container 'configuration' in it"),
        ("module m { container configuration { uses x; } }", "uses x, which isn't defined"),
        ("module m { container configuration { leaf x; } }", "leaf x has no type"),
    ],
)
def test_models_that_can_not_be_compiled(body, said, tmp_path):
    """The module, and the line where there is one, are named."""
    folder = tmp_path / "junos-qfx" / "conf"
    folder.mkdir(parents=True)
    if body is not None:
        (folder / "junos-qfx-conf-root@1.yang").write_text(body)
    with pytest.raises(UsageError, match=said):
        compile_family(tmp_path, "junos-qfx")


def test_every_family_of_the_vendor_is_compiled(compiled):
    """18.4R3: the modules, and the rules that are shared by place."""
    for family, modules, carried in (("junos-es", 18, ""), ("junos", 18, "junos-es")):
        table = read_table(compiled(family))
        assert (table.release, len(table.modules)) == ("18.4R3.3", modules)
        assert table.carried_from == carried
        assert len(table.musts) == 1691
