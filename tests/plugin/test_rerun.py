"""Which options a case is run again with: those that matter to it, wherever they were said."""

import pytest

from harness.errors import UsageError
from harness.pytest_plugin.options import said_again


class Config:
    """What was said on the command line, by option."""

    def __init__(self, **said):
        self.said = {f"harness_{name}": value for name, value in said.items()}

    def getoption(self, dest, default):
        return self.said.get(dest, default)


@pytest.mark.parametrize(
    ("said", "environ", "words"),
    [
        ({}, {}, ()),
        ({"testbed": "lab.yaml"}, {}, ("--testbed", "lab.yaml")),
        ({}, {"HARNESS_TESTBED": "lab.yaml"}, ("--testbed", "lab.yaml")),
        ({"testbed": "a.yaml"}, {"HARNESS_TESTBED": "b.yaml"}, ("--testbed", "a.yaml")),
        ({"driver": "netmiko"}, {}, ("--driver", "netmiko")),
        ({"driver": "pyez"}, {}, ()),
        ({"claim": ["a=1", "b=2"]}, {}, ("--claim", "a=1", "--claim", "b=2")),
        ({}, {"HARNESS_CLAIM": "a=1,b=2"}, ("--claim", "a=1", "--claim", "b=2")),
        ({"rehearse": True}, {}, ("--rehearse",)),
        (
            {},
            {"HARNESS_WITHOUT_DEADMAN": "1", "HARNESS_RSI": "yes"},
            ("--without-deadman", "--rsi"),
        ),
        ({"seed": "s", "count": "7", "rundir": "x", "dry_run": True}, {"HARNESS_SEED": "t"}, ()),
    ],
)
def test_what_matters_is_said_again(said, environ, words):
    """Options and their twins alike; secrets, places and the count of all cases aren't."""
    assert said_again(Config(**said), environ) == words


def test_a_wrong_word_in_the_environment_is_not_passed_on():
    """It's refused as it was when the run began."""
    with pytest.raises(UsageError, match="HARNESS_REHEARSE"):
        said_again(Config(), {"HARNESS_REHEARSE": "perhaps"})
