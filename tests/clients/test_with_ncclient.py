"""ncclient against the simulated device: its Junos handler and plain NETCONF."""

import json

import pytest
from ncclient import manager
from ncclient.operations.rpc import RPCError
from ncclient.transport.errors import AuthenticationError, SSHUnknownHostError, TransportError
from ncclient.xml_ import NCElement, to_ele

SET = "set system login message hello"
ADDED = "[edit system login]\n+   message hello;"
EDIT = (
    '<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><configuration><system>{}</system>'
    "</configuration></config>"
)
MESSAGE = EDIT.format("<login><message{}>hello</message></login>")


def connected(endpoint, **options):
    """Return an open manager."""
    options = {"device_params": {"name": "junos"}, "hostkey_verify": False} | options
    return manager.connect(
        host=endpoint.host,
        port=endpoint.port,
        username=endpoint.username,
        password=endpoint.password,
        allow_agent=False,
        look_for_keys=False,
        **options,
    )


@pytest.fixture
def junos(vsrx):
    """Return a session of the Junos handler."""
    session = connected(vsrx)
    yield session
    if session.connected:
        session.close_session()


@pytest.fixture
def other(vsrx, junos):
    """Return a second session to the same device, opened after the first."""
    session = connected(vsrx)
    yield session
    if session.connected:
        session.close_session()


@pytest.fixture
def plain(vsrx):
    """Return a session of the default handler, which sends the words of RFC 6241 alone."""
    with connected(vsrx, device_params={"name": "default"}) as session:
        yield session


def is_ok(reply):
    """Say whether `<ok/>` stands directly in the reply, which the Junos handler gives as it is."""
    return reply.find("ok") is not None


def diff(session):
    """Return the difference between candidate and active configuration."""
    reply = session.compare_configuration()
    return reply.find(".//configuration-information/configuration-output").text.strip()


def running(session):
    """Return the active configuration as set lines, asked as the Junos handler asks."""
    return session.rpc(
        '<get-configuration format="set" database="committed"/>'
    ).data_xml.splitlines()


def test_hello(junos, vsrx):
    """The capabilities are those of Junos; the session id is a process id."""
    assert "urn:ietf:params:netconf:base:1.0" in junos.server_capabilities
    for name in (":candidate", ":confirmed-commit", ":validate", ":url"):
        assert name in junos.server_capabilities
    for name in (":writable-running", ":startup", ":base:1.1"):
        assert name not in junos.server_capabilities
    assert int(junos.session_id) > 1
    assert junos.connected is True


def test_host_keys_and_passwords(vsrx, tmp_path):
    """The announced host key is the one shown; an unknown one and a wrong password are refused."""
    known = tmp_path / "known_hosts"
    known.write_text(f"[{vsrx.host}]:{vsrx.port} {vsrx.host_key}\n")
    config = tmp_path / "ssh_config"
    config.write_text(f"Host *\n  UserKnownHostsFile {known}\n")
    with connected(vsrx, hostkey_verify=True, ssh_config=str(config)) as session:
        assert session.connected
    with pytest.raises(SSHUnknownHostError):
        connected(vsrx, hostkey_verify=True)
    with pytest.raises(AuthenticationError):
        manager.connect(
            host=vsrx.host,
            port=vsrx.port,
            username="lab",
            password="wrong",
            hostkey_verify=False,
            allow_agent=False,
            look_for_keys=False,
        )


@pytest.mark.parametrize(
    "load",
    [
        {"action": "set", "config": [SET]},
        {"format": "text", "config": "system { login { message hello; } }"},
        {"config": to_ele("<system><login><message>hello</message></login></system>")},
        {
            "format": "json",
            "config": '{"configuration": {"system": {"login": {"message": "hello"}}}}',
        },
    ],
    ids=["set", "text", "xml", "json"],
)
def test_load_compare_commit(junos, load):
    """load_configuration() in each format, compare, validate, commit with comment, rollback."""
    reply = junos.load_configuration(**load)
    assert reply.find(".//load-configuration-results/ok") is not None
    assert diff(junos) == ADDED
    assert is_ok(junos.validate("candidate"))
    assert is_ok(junos.commit(comment="from ncclient"))
    assert diff(junos) == ""
    assert SET in running(junos)
    log = junos.command("show system commit", format="text").find(".//output").text
    assert "by lab via netconf\n    from ncclient" in log
    junos.rollback(rollback=1)
    assert diff(junos) == ADDED.replace("+", "-")
    junos.discard_changes()
    assert diff(junos) == ""


def test_refusals(junos):
    """A bad load, RPC, command and commit raise RPCError with Junos' text, tag and element."""
    with pytest.raises(RPCError, match="syntax error") as refused:
        junos.load_configuration(action="set", config=["set frob 1"])
    assert refused.value.severity == "error"
    with pytest.raises(RPCError, match="syntax error") as refused:
        junos.rpc("<get-nothing/>")
    assert (refused.value.tag, refused.value.type) == ("operation-failed", "protocol")
    assert "<bad-element>get-nothing</bad-element>" in refused.value.info
    with pytest.raises(RPCError, match=r"syntax error|unknown command"):
        junos.command("show frobnication", format="text")
    junos.load_configuration(action="set", config=["delete system root-authentication"])
    for refuse in (junos.commit, lambda: junos.validate("candidate")):
        with pytest.raises(RPCError, match="Missing mandatory statement: 'root-authentication'"):
            refuse()
    junos.discard_changes()
    assert diff(junos) == ""


def test_locks(junos, other):
    """A lock keeps the other session out, names its holder, and ends with unlock or session."""
    assert is_ok(junos.lock("candidate"))
    with pytest.raises(RPCError, match="configuration database locked by") as refused:
        other.lock("candidate")
    assert f"pid {junos.session_id}" in refused.value.message
    with pytest.raises(RPCError, match="configuration database locked by"):
        other.load_configuration(action="set", config=[SET])
    assert is_ok(junos.unlock("candidate"))
    with other.locked("candidate"), pytest.raises(RPCError):
        junos.lock("candidate")
    junos.load_configuration(action="set", config=[SET])
    with pytest.raises(RPCError, match="configuration database modified"):
        other.lock("candidate")


def test_kill_session(junos, other):
    """Killing the session that holds the lock frees it; its uncommitted changes are gone."""
    other.lock("candidate")
    other.load_configuration(action="set", config=[SET])
    assert is_ok(junos.kill_session(other.session_id))
    with pytest.raises(TransportError):
        other.load_configuration(action="set", config=[SET])
    assert is_ok(junos.lock("candidate"))
    assert diff(junos) == ""
    with pytest.raises(RPCError):
        junos.kill_session("1")


def test_confirmed_commit(junos):
    """The handler's seconds become minutes; commit check confirms; a mistake is refused."""
    junos.load_configuration(action="set", config=[SET])
    assert is_ok(junos.commit(confirmed=True, timeout="120"))
    shown = junos.command("show system commit", format="text").find(".//output").text
    assert "commit confirmed, rollback in 2mins" in shown
    assert is_ok(junos.commit(check=True))
    assert SET in running(junos)


def test_commit_at(junos):
    """A commit at a later time answers, is listed, and is done by nobody until then."""
    junos.load_configuration(action="set", config=[SET])
    assert is_ok(junos.commit(at_time="2037-01-01 00:00:00"))
    assert SET not in running(junos)
    shown = junos.command("show system commit", format="text").find(".//output").text
    assert "commit requested by lab via netconf at" in shown


def test_commit_synchronize(junos):
    """Synchronizing is taken on one routing engine too."""
    junos.load_configuration(action="set", config=[SET])
    assert is_ok(junos.commit(synchronize=True, comment="both"))
    assert SET in running(junos)


def test_plain_netconf_cycle(plain, vsrx):
    """lock, edit-config, validate, commit, get-config and unlock in the words of the RFC."""
    with plain.locked("candidate"):
        assert plain.edit_config(target="candidate", config=MESSAGE.format("")).ok
        assert plain.validate("candidate").ok
        assert plain.commit().ok
    data = plain.get_config("running").data_xml
    assert "<message>hello</message>" in data
    with plain.locked("candidate"):
        plain.edit_config(
            target="candidate",
            config=MESSAGE.format(' nc:operation="delete"').replace(
                "<config ", '<config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" '
            ),
        )
        plain.discard_changes()
        plain.edit_config(target="candidate", config=EDIT.format('<login operation="delete"/>'))
        plain.commit()
    assert "hello" not in plain.get_config("running").data_xml


def test_plain_edit_operations(plain):
    """Create of what is there, delete of what isn't, and replace, remove and none."""
    plain.edit_config(target="candidate", config=MESSAGE.format(' operation="create"'))
    with pytest.raises(RPCError) as refused:
        plain.edit_config(target="candidate", config=MESSAGE.format(' operation="create"'))
    assert refused.value.tag == "data-exists"
    plain.edit_config(
        target="candidate",
        config=EDIT.format('<login operation="replace"><announcement>hi</announcement></login>'),
    )
    candidate = plain.get_config("candidate").data_xml
    assert "<announcement>hi</announcement>" in candidate
    assert "hello" not in candidate
    plain.edit_config(target="candidate", config=EDIT.format('<domain-name operation="remove"/>'))
    plain.edit_config(
        target="candidate",
        default_operation="none",
        config=EDIT.format('<login><message operation="merge">again</message></login>'),
    )
    assert "<message>again</message>" in plain.get_config("candidate").data_xml
    with pytest.raises(RPCError):
        plain.edit_config(target="candidate", config=EDIT.format("<frob/>"))
    with pytest.raises(RPCError):
        plain.edit_config(target="running", config=MESSAGE.format(""))
    plain.discard_changes()


def test_plain_confirmed_commit_ends_with_its_session(vsrx, junos):
    """The RFC's confirmed commit is undone when its session ends, and by cancel-commit."""
    with connected(vsrx, device_params={"name": "default"}) as short:
        short.edit_config(target="candidate", config=MESSAGE.format(""))
        assert short.commit(confirmed=True, timeout="300").ok
        assert SET in running(junos)
    assert SET not in running(junos)


def test_plain_confirmed_commit_is_confirmed(plain, junos):
    """A second commit confirms; cancel-commit is refused, as confirmed-commit:1.0 hasn't it."""
    plain.edit_config(target="candidate", config=MESSAGE.format(""))
    plain.commit(confirmed=True, timeout="300")
    with pytest.raises(RPCError, match="syntax error"):
        plain.cancel_commit()
    assert plain.commit().ok
    assert SET in running(junos)


def test_cancel_commit_where_it_is_taken(fleet):
    """With the switch for it, cancel-commit undoes what is pending, and only that."""
    endpoint = fleet.device("cancelling")
    with connected(endpoint, device_params={"name": "default"}) as plain:
        plain.edit_config(target="candidate", config=MESSAGE.format(""))
        plain.commit(confirmed=True, timeout="300")
        assert "<message>hello</message>" in plain.get_config("running").data_xml
        assert plain.cancel_commit().ok
        assert "hello" not in plain.get_config("running").data_xml
        with pytest.raises(RPCError):
            plain.cancel_commit()


def test_filters(plain):
    """Subtree filters select by element and by content; an empty result is empty data."""
    chosen = plain.get_config(
        "running",
        filter=("subtree", "<configuration><system><host-name/></system></configuration>"),
    )
    assert "<host-name>vsrx-" in chosen.data_xml
    assert "root-authentication" not in chosen.data_xml
    zone = (
        "<configuration><security><zones><security-zone><name>trust</name></security-zone>"
        "</zones></security></configuration>"
    )
    chosen = plain.get_config("running", filter=("subtree", zone)).data_xml
    assert "<name>trust</name>" in chosen
    assert "untrust" not in chosen
    nothing = zone.replace("trust", "nowhere")
    assert "security-zone" not in plain.get_config("running", filter=("subtree", nothing)).data_xml


def test_get_operational_data(plain):
    """get() has the configuration; an operational RPC goes through dispatch()."""
    wanted = "<configuration><system><host-name/></system></configuration>"
    assert "<host-name>vsrx-" in plain.get(filter=("subtree", wanted)).data_xml
    reply = plain.dispatch(to_ele("<get-system-information/>"))
    assert "<os-name>junos" in reply.xml


def test_the_rest_of_the_rfc(plain, junos):
    """copy-config and delete-config work on the candidate or are refused; never on running."""
    with pytest.raises(RPCError):
        plain.delete_config("running")
    with pytest.raises(RPCError):
        plain.copy_config(source="candidate", target="running")
    junos.load_configuration(action="set", config=[SET])
    plain.copy_config(source="running", target="candidate")
    assert diff(junos) == ""


def test_commands_and_configuration(junos):
    """command() as XML and text, get_configuration() in each format with a filter."""
    reply = junos.command("show version", format="xml")
    assert isinstance(reply, NCElement)
    assert reply.find(".//software-information/junos-version").text == "18.4R3.3"
    text = junos.command("show version", format="text").find(".//output").text
    assert "Junos: 18.4R3.3" in text
    chosen = junos.get_configuration(
        format="xml", filter=to_ele("<configuration><system><host-name/></system></configuration>")
    )
    assert chosen.find(".//system/host-name").text.startswith("vsrx-")
    assert chosen.find(".//security") is None
    assert "host-name vsrx-" in junos.get_configuration(format="text").tostring.decode()
    data = json.loads(junos.get_configuration(format="json").find(".").text)
    assert data["configuration"]["system"]["host-name"].startswith("vsrx-")


def test_halt_is_refused(junos):
    """What would take the device away for good is refused, and the session lives on."""
    with pytest.raises(RPCError):
        junos.halt()
    assert junos.command("show version").find(".//host-name") is not None


def test_a_closed_session_says_so(junos):
    """close_session() ends the session; nothing can be sent after it."""
    assert is_ok(junos.close_session())
    assert not junos.connected


def test_two_sessions_are_two(junos, other):
    """Each session has an id of its own, and lives on when the other ends."""
    assert junos.session_id != other.session_id
    other.close_session()
    assert junos.command("show version").find(".//host-name") is not None
