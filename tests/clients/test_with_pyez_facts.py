"""PyEZ's facts of every model, and what it reads by RPC and by command."""

import json

import pytest
from jnpr.junos import Device
from jnpr.junos.exception import ConnectAuthError, ConnectClosedError, ConnectRefusedError, RpcError

# model, version, personality, hardware is virtual, as PyEZ names them for such a device.
EXPECTED = {
    "srx4100": ("SRX4100", "18.4R3.3", "SRX_MIDRANGE", False),
    "srx4200": ("SRX4200", "18.4R3.3", "SRX_MIDRANGE", False),
    "vsrx": ("VSRX", "18.4R3.3", None, None),
    "nfx250": ("VSRX", "15.1X49-D140.2", None, None),
    "jdm": ("NFX250_S2_10_T", "15.1X53-D47.4", "NFX", False),
    "vmx": ("VMX", "18.4R3.3", "MX", True),
}


def opened(endpoint, **options):
    """Return an open Device."""
    return Device(
        host=endpoint.host,
        port=endpoint.port,
        user=endpoint.username,
        passwd=endpoint.password,
        **options,
    ).open()


@pytest.fixture
def device(vsrx):
    """Return an open Device of an untouched vSRX."""
    with opened(vsrx) as one:
        yield one


@pytest.mark.parametrize("platform", EXPECTED)
def test_facts_of_each_model(fleet, platform):
    """Every fact can be read; those that say what the device is are right."""
    endpoint = fleet.device(platform)
    with opened(endpoint) as device:
        device.facts_refresh(warnings_on_failure=False, exception_on_failure=False)
        facts = {name: device.facts[name] for name in device.facts}
    model, version, personality, virtual = EXPECTED[platform]
    assert facts["hostname"] == facts["fqdn"] == endpoint.name
    assert facts["hostname_info"] == {"re0": endpoint.name}
    assert (facts["model"], facts["model_info"]) == (model, {"re0": model})
    assert facts["version"] == facts["version_RE0"] == version
    assert facts["version_info"].as_tuple == facts["junos_info"]["re0"]["object"].as_tuple
    assert facts["personality"] == personality
    assert facts["virtual"] is virtual
    assert not facts["2RE"]
    assert not facts["srx_cluster"]
    style = "BRIDGE_DOMAIN" if platform == "vmx" else "NONE"
    assert (facts["ifd_style"], facts["switch_style"]) == ("CLASSIC", style)
    assert (facts["vc_capable"], facts["vmhost"]) == (False, None)


@pytest.mark.parametrize("platform", ["srx4100", "srx4200", "vsrx", "nfx250", "vmx"])
def test_facts_of_a_routing_engine(fleet, platform):
    """A device with a routing engine has its serial, state and master, and a login's home."""
    with opened(fleet.device(platform)) as device:
        facts = device.facts
        assert facts["serialnumber"].startswith("SIM")
        assert facts["RE0"]["status"] == "OK"
        assert facts["RE0"]["mastership_state"] == "master"
        assert facts["RE0"]["up_time"]
        assert facts["RE1"] is None
        assert facts["re_info"]["default"]["0"] == facts["re_info"]["default"]["default"]
        assert facts["re_master"] == {"default": "0"}
        assert facts["current_re"] == ["master", "re0"]
        assert facts["master"] == "RE0"
        assert facts["HOME"] == "/var/home/lab"


def test_facts_follow_the_configuration(device):
    """Host name and domain are those of the committed configuration."""
    from jnpr.junos.utils.config import Config  # noqa: PLC0415 - this test alone writes

    with Config(device) as config:
        config.load("set system host-name r1\nset system domain-name example.net", format="set")
        config.commit()
    device.facts_refresh()
    assert device.facts["hostname"] == "r1"
    assert (device.facts["domain"], device.facts["fqdn"]) == ("example.net", "r1.example.net")


def test_uptime_and_state_of_the_connection(device):
    """Uptime in seconds is a number; probe, connected, and the hello's capabilities."""
    assert device.uptime >= 0
    assert device.probe() is True
    assert device.connected is True
    assert device.timeout == 30
    capabilities = list(device._conn._session.server_capabilities)
    assert "http://xml.juniper.net/netconf/junos/1.0" in capabilities
    assert "urn:ietf:params:netconf:capability:candidate:1.0" in capabilities
    device.close()
    assert device.connected is False
    with pytest.raises(ConnectClosedError):
        device.rpc.get_system_information()


def test_refused_logins(vsrx):
    """A wrong password and a port where nobody listens have exceptions of their own."""
    with pytest.raises(ConnectAuthError):
        Device(host=vsrx.host, port=vsrx.port, user="lab", passwd="wrong").open()
    with pytest.raises(ConnectRefusedError):
        Device(host=vsrx.host, port=1, user="lab", passwd="lab").open()


def test_rpcs_and_normalization(device):
    """Values are wrapped in newlines as Junos does, unless PyEZ is asked to normalize them."""
    raw = device.rpc.get_interface_information(interface_name="ge-0/0/0")
    assert raw.findtext("physical-interface/name") == "\nge-0/0/0\n"
    neat = device.rpc.get_interface_information(interface_name="ge-0/0/0", normalize=True)
    assert neat.findtext("physical-interface/name") == "ge-0/0/0"
    terse = device.rpc.get_interface_information(terse=True, normalize=True)
    names = [one.text for one in terse.findall("physical-interface/name")]
    assert {"ge-0/0/0", "ge-0/0/1", "lo0", "st0"} <= set(names)


def test_refused_rpcs(device):
    """What isn't an RPC is a syntax error that names it; a wrong argument is refused too."""
    with pytest.raises(RpcError) as unknown:
        device.rpc.get_frobnication_information()
    assert unknown.value.rpc_error["bad_element"] == "get-frobnication-information"
    assert unknown.value.message == "syntax error"
    assert unknown.value.rpc_error["severity"] == "error"
    with pytest.raises(RpcError):
        device.rpc.get_interface_information(frobnicate=True)
    with pytest.raises(RpcError, match="not found"):
        device.rpc.get_interface_information(interface_name="ge-9/9/9")
    assert device.rpc.get_system_information().findtext("host-name")


def test_replies_as_text_and_json(device):
    """The same answer in each format, and they agree."""
    wanted = device.facts["hostname"]
    text = device.rpc.get_software_information({"format": "text"})
    assert text.tag == "output"
    assert f"Hostname: {wanted}" in text.text
    data = device.rpc.get_software_information({"format": "json"})
    assert data["software-information"][0]["host-name"][0]["data"] == wanted
    data = device.rpc.get_interface_information({"format": "json"}, terse=True)
    rows = data["interface-information"][0]["physical-interface"]
    assert "ge-0/0/0" in [row["name"][0]["data"] for row in rows]


def test_commands(device):
    """cli() gives text, XML and JSON; an unknown command raises; display_xml_rpc names the RPC."""
    assert device.cli("show version", warning=False).startswith("\nHostname: vsrx-")
    reply = device.cli("show version", format="xml", warning=False)
    assert reply.tag == "software-information"
    data = device.cli("show version", format="json", warning=False)
    assert data["software-information"][0]["product-model"][0]["data"].upper() == "VSRX"
    rpc = device.cli_to_rpc_string("show interfaces terse")
    assert rpc == "rpc.get_interface_information(terse=True)"
    assert device.display_xml_rpc("show system uptime").tag == "get-system-uptime-information"
    assert device.display_xml_rpc("show frobnication").startswith("invalid command")
    with pytest.raises(RpcError, match=r"syntax error|unknown command"):
        device.cli("show frobnication", warning=False)
    assert device.cli("show configuration system host-name", warning=False).startswith(
        "\nhost-name vsrx-"
    )


def test_configuration_is_read_in_each_format(device):
    """get_config() with filters and options: XML, text, set and JSON."""
    name = device.facts["hostname"]
    config = device.rpc.get_config(filter_xml="system/host-name")
    assert config.findtext("system/host-name") == name
    assert [one.tag for one in config] == ["system"]
    assert config.get("commit-user") or config.get("changed-localtime")
    whole = device.rpc.get_config(options={"database": "committed", "inherit": "inherit"})
    assert whole.findtext("security/zones/security-zone[name='untrust']/name") == "untrust"
    lines = device.rpc.get_config(options={"format": "set"}).text.splitlines()
    assert f"set system host-name {name}" in lines
    assert f"host-name {name};" in device.rpc.get_config(options={"format": "text"}).text
    data = device.rpc.get_config(options={"format": "json"})
    assert data["configuration"]["system"]["host-name"] == name
    assert json.dumps(data)
    zones = device.rpc.get_config(
        filter_xml="<security><zones><security-zone><name>trust</name></security-zone></zones>"
        "</security>"
    )
    assert [one.text for one in zones.findall(".//security-zone/name")] == ["trust"]
