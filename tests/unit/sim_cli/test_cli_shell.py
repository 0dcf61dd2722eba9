"""The UNIX shell under the CLI: prompts, commands, exit codes, and files."""

from __future__ import annotations

import hashlib

import pytest

from harness.sim.spec import UserSpec


@pytest.mark.parametrize(("how", "prompt"), [("", "% "), (" csh", "% "), (" sh", "$ ")])
def test_prompts(operational, how, prompt):
    """The prompt is the shell's own, on a line without anything else."""
    assert operational.keys(f"start shell{how}\n").endswith(f"\n{prompt}")
    assert operational.keys("exit\n").endswith("\nlab@dut> ")


def test_root_lands_in_a_shell(lab_for):
    """Root types ``cli``, comes back with ``exit``, and logs out with another one."""
    terminal = lab_for(username="root").terminal("root")
    assert terminal.prompt.endswith("root@dut% ")
    assert terminal.keys("cli\n").endswith("\nroot@dut> ")
    assert terminal.keys("exit\n").endswith("root@dut% ")
    terminal.keys("exit\n")
    assert terminal.over


def test_root_by_password(lab_for):
    """A shell of root's asks for root's password without showing it."""
    terminal = lab_for(users=(UserSpec("root", "hush"),)).terminal()
    assert terminal.keys("start shell user root\n").endswith("Password:")
    assert terminal.keys("wrong\n") == "\n\nsu: Sorry\n\nlab@dut> "
    terminal.keys("start shell user root\n")
    assert "hush" not in terminal.keys("hush\n")
    assert terminal.type("whoami") == "root\n"


def test_jdm_has_a_linux_shell(lab_for):
    """JDM's shell is a Linux one, with the host's name in its prompt."""
    terminal = lab_for(platform="nfx250-jdm").terminal()
    assert terminal.prompt.endswith("lab@dut> ")
    assert "gwr" in terminal.type("show virtual-network-functions")
    assert terminal.keys("start shell\n").endswith("lab@dut:~$ ")
    assert terminal.type("uname").startswith("Linux\n")
    assert "No such file" in terminal.type("md5sum /var/tmp/x")
    assert "md5: command not found" in terminal.type("md5 /var/tmp/x")


COMMANDS = [
    ("pwd", "/var/home/lab\n"),
    ("cd /var/tmp; pwd", "/var/tmp\n"),
    ("cd /nowhere", "/nowhere: No such file or directory.\n"),
    ("echo a  'b  c' \"d $USER\"", "a b  c d lab\n"),
    ("echo -n a", "a"),
    ("echo $HOME $nothing.", "/var/home/lab .\n"),
    ("printf '%s-%d\\n' x 5", "x-5\n"),
    ("hostname", "dut\n"),
    ("whoami", "lab\n"),
    ("cat /etc/hosts.junos | wc -l", "       2\n"),
    ("cat /etc/hosts.junos | head -1 | tail -n 1 | wc -w", "       2\n"),
    ("true && echo yes || echo no", "yes\n"),
    ("false && echo yes || echo no", "no\n"),
    ("false; echo $?", "1\n"),
    ("test -d /var/tmp && echo directory", "directory\n"),
    ("[ -f /etc/hosts.junos ] && echo file", "file\n"),
    ("test ! -e /var/tmp/x; echo $status", "0\n"),
    ("[ a = b ]; echo $?", "1\n"),
    ("nonsense", "nonsense: Command not found.\n"),
    ("/bin/ls /var/tmp/x", "ls: /var/tmp/x: No such file or directory\n"),
    ("/bin/ls /var/tmp/x 2> /dev/null", ""),
    ("ls /nothing* ", "ls: No match.\n"),
    ("rm /var/tmp/x", "rm: /var/tmp/x: No such file or directory\n"),
    ("rm -f /var/tmp/x; echo $?", "0\n"),
    ("mkdir /etc/x", "mkdir: /etc/x: Read-only file system\n"),
    ("ln -s a b", "ln: b: Operation not supported\n"),
    ("echo 'open", "Unmatched '''.\n"),
    ("echo a |", "Invalid null command.\n"),
    ("echo a >", "Missing name for redirect.\n"),
    ("# a remark", ""),
    ("cli -c 'show version | match Hostname'", "Hostname: dut\n"),
    ("cli -c 'show system host-name; nonsense' | tail -1", "error: unknown command: nonsense\n"),
    ("md5 /nowhere", "md5: /nowhere: No such file or directory\n"),
    ("echo hello | md5", "b1946ac92492d2347c6235b4d2611184\n"),
    ("ls -ld /var/tmp", "drwxr-xr-x  2 root  wheel  512 Jan  1 00:00 /var/tmp\n"),
]


@pytest.mark.parametrize(("line", "answer"), COMMANDS)
def test_commands(shell, line, answer):
    """Commands print what the system's own print."""
    assert shell.type(line) == answer


def test_working_with_files(shell):
    """Files are made, listed, copied, moved and removed."""
    shell.type("mkdir -p /var/tmp/a/b && cd /var/tmp/a")
    shell.type("echo one > x; echo two >> x; cp x y; mv y b")
    assert shell.type("cat b/y") == "one\ntwo\n"
    assert shell.type("ls") == "b\nx\n"
    assert shell.type("ls -l x") == "-rw-r--r--  1 lab  wheel  8 Jan  1 00:00 x\n"
    assert shell.type("ls /var/tmp/a/*") == "/var/tmp/a/x\n/var/tmp/a/b:\ny\n"
    digest = hashlib.md5(b"one\ntwo\n", usedforsecurity=False).hexdigest()
    assert shell.type("md5 x") == f"MD5 (x) = {digest}\n"
    assert shell.type("rmdir b") == "rmdir: b: Directory not empty\n"
    assert shell.type("rm b") == "rm: b: Is a directory\n"
    assert shell.type("rm -rf b x; ls | wc -l") == "       0\n"


def test_free_space_counts_files(shell, lab):
    """Df counts what files hold."""
    before = shell.type("df -k /var/tmp").split("\n")
    assert before[0].split()[:5] == ["Filesystem", "1K-blocks", "Used", "Avail", "Capacity"]
    lab.device.files.write("/var/home/lab/x", bytes(1024 * 1024), "lab")
    after = shell.type("df -k /var/tmp").split("\n")
    assert int(before[1].split()[3]) - int(after[1].split()[3]) == 1024
