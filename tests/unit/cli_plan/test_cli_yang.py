"""The models as a judge: name spaces, a private copy, and who was refused."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
from lxml import etree

from harness.cli.main import main
from harness.cli.yang import in_name_spaces, reference_models, violations
from harness.errors import UsageError

# Judges as yanglint does: stops at the first file it dislikes, names it last, exits 7.
JUDGE = """\
#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
for file in "$@"; do
  case "$file" in *.xml) grep -q rot13 "$file" && {
    echo 'libyang err : Invalid enumeration value "rot13".' >&2
    echo "YANGLINT[E]: Failed to parse input data file \\"$file\\"." >&2; exit 7; } ;;
  esac
done
exit 0
"""
GOOD = "<configuration><security><ike/></security></configuration>"
BAD = "<configuration><security><ike>rot13</ike></security></configuration>"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Make a folder that looks like a release of the models."""
    folder = tmp_path / "18.4R3"
    (folder / "common").mkdir(parents=True)
    conf = folder / "junos-es" / "conf"
    conf.mkdir(parents=True)
    (conf / "junos-es-conf-root@2019-01-01.yang").write_text(
        "leaf a {\n     mandatory true;\n}\nleaf b { mandatory true; }\n"
    )
    (conf / "junos-es-conf-security@2019-01-01.yang").write_text("")
    return folder


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a yanglint of our own on the PATH; its calls are in the file beside it."""
    program = tmp_path / "bin" / "yanglint"
    program.parent.mkdir()
    program.write_text(JUDGE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program


def test_every_top_level_statement_gets_its_name_space():
    """The elements stay as they are; only their name spaces are put in."""
    xml = (
        "<configuration>\n<interfaces><interface><name>st0</name></interface></interfaces>"
        "<routing-options/><security><ike/></security>\n</configuration>"
    )
    root = etree.fromstring(in_name_spaces(xml, "junos-es"))
    conf = "http://yang.juniper.net/junos-es/conf"
    assert root.tag == f"{{{conf}/root}}configuration"
    assert [child.tag for child in root] == [
        f"{{{conf}/interfaces}}interfaces",
        f"{{{conf}/routing-options}}routing-options",
        f"{{{conf}/security}}security",
    ]
    assert root[0][0][0].tag == f"{{{conf}/interfaces}}name"
    assert root[0][0][0].text == "st0"


@pytest.mark.parametrize("packed", [False, True])
def test_the_copy_is_private_and_asks_for_nothing(release, tmp_path, packed):
    """Lines that make statements mandatory go from the copy; the source is left as it was."""
    source = release
    if packed:
        source = tmp_path / "models.tar.xz"
        with tarfile.open(source, "w:xz") as archive:
            archive.add(release, "18.4R3")
    name = Path("junos-es", "conf", "junos-es-conf-root@2019-01-01.yang")
    with reference_models(source) as models:
        assert (models / name).read_text() == "leaf a {\n}\nleaf b { mandatory true; }\n"
    assert not models.exists()
    assert "     mandatory true;" in (release / name).read_text()


def test_the_folder_around_a_release_does_as_well(release):
    """One level up is where tar puts it."""
    with reference_models(release.parent) as models:
        assert (models / "common").is_dir()


def test_valid_configurations_take_one_call(release, judge):
    """Reading the models is what takes time, so all go in together."""
    assert violations(release, "junos-es", {"a": GOOD, "b": GOOD}) == {}
    (call,) = (judge.parent / "calls").read_text().splitlines()
    assert call.count(".xml") == 2
    assert "-t config" in call
    assert call.index("conf-root@") < call.index("conf-security@")


def test_each_refused_configuration_is_named(release, judge):
    """One refusal doesn't hide the next."""
    found = violations(release, "junos-es", {"a": GOOD, "b": BAD, "c": BAD, "d": GOOD})
    assert found == {
        "b": ('libyang err : Invalid enumeration value "rot13".',),
        "c": ('libyang err : Invalid enumeration value "rot13".',),
    }


def test_a_judge_that_fails_by_itself_is_no_verdict(release, judge):
    """An error that isn't about a configuration is passed on as what it is."""
    judge.write_text("#!/bin/sh\necho 'cannot load module' >&2\nexit 1\n")
    with pytest.raises(UsageError, match=r"^yanglint couldn't judge: cannot load module$"):
        violations(release, "junos-es", {"a": GOOD})
    judge.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(UsageError, match=r"^yanglint couldn't judge: exit status 3$"):
        violations(release, "junos-es", {"a": GOOD})


def test_a_judge_that_hangs_is_given_up(release, judge, monkeypatch):
    """Its time is bounded."""
    monkeypatch.setattr("harness.cli.yang._SECONDS", 0.01)
    judge.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    with pytest.raises(UsageError, match=r"^yanglint didn't finish in 0.01 s$"):
        violations(release, "junos-es", {"a": GOOD})


def test_an_unknown_family_lists_the_known(release, judge):
    """A release without the family says what it has."""
    with pytest.raises(UsageError, match=r"^no models of junos-qfx among: junos-es$"):
        violations(release, "junos-qfx", {"a": GOOD})


def test_without_yanglint_the_message_says_where_it_comes_from(release, monkeypatch, capsys):
    """No yanglint, no verdict, exit 64."""
    monkeypatch.setenv("PATH", str(release))
    asked = ["--platform", "srx4100", "--kind", "ipsec", "--yang", str(release)]
    assert main(["plan", "check", *asked]) == 64
    assert capsys.readouterr().err == (
        "yanglint isn't on the PATH; it comes with libyang (Debian: libyang2-tools)\n"
    )


@pytest.mark.parametrize("content", [None, "no archive"])
def test_what_holds_no_models_is_refused(content, tmp_path, capsys):
    """A missing file and a file that's no archive are one line each."""
    source = tmp_path / "models.tar.xz"
    if content is not None:
        source.write_text(content)
    asked = ["--platform", "srx4100", "--kind", "ipsec", "--yang", str(source)]
    assert main(["plan", "check", *asked]) == 64
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{source}: can't be read as YANG models (")


def test_a_folder_without_models_is_refused(tmp_path):
    """The message says what a release looks like."""
    with (
        pytest.raises(UsageError, match="no YANG models there; expected an unpacked release"),
        reference_models(tmp_path),
    ):
        pass


def test_a_verdict_reaches_the_command_line(release, judge, capsys):
    """Accepted is said with the family; refused is one line and exit 64."""
    asked = ["--platform", "nfx250", "--kind", "ipsec", "--yang", str(release)]
    assert main(["plan", "check", *asked]) == 0
    assert capsys.readouterr().out == (
        "2 ipsec tunnels on nfx250: can be built, and the models of junos-es accept the "
        "configuration\n"
    )
    judge.write_text(JUDGE.replace("rot13", "hil-t00001"))
    assert main(["plan", "check", *asked]) == 64
    assert capsys.readouterr().err == (
        "2 ipsec tunnels on nfx250: refused by the models of junos-es: libyang err : Invalid "
        'enumeration value "hil-t00001".\n'
    )
