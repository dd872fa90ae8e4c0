"""The configuration: read, refused and shown."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdev_inventory.collector import collector
from scheduler_plugins.config import Config, ConfigError, load, options, show
from tests.scheduler_plugins.config.files import Write
from tools import configuration as config_docs


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_defaults(tmp_path: Path, folder: str) -> None:
    """Without any file every key is at its default, and none has an origin."""
    (tmp_path / "empty").mkdir()

    config = load(tmp_path / folder)

    assert Config() == config
    assert {} == config.origins


def test_values_are_typed(write: Write) -> None:
    """Each value has its key's type; what is not given stays at its default."""
    config = load(
        write(
            "[service]\nstate_dir = /srv/state\nhttp_port=0\nsocket_group =\n"
            "[engine]\nurl = https://engine.example.com/ovirt-engine/api\nca_file =\ntimeout = 2.5\n"
            "[vdsm]\ncheck_hostname = No\n"
            "# a comment\n; another\n"
            "[collector]\nmax_connections = 8\n"
            "[log]\nlevel = debug\n"
        )
    )

    assert (Path("/srv/state"), 0, None) == (
        config.service.state_dir,
        config.service.http_port,
        config.service.socket_group,
    )
    assert ("https://engine.example.com/ovirt-engine/api", None, 2.5) == (
        config.engine.url,
        config.engine.ca_file,
        config.engine.timeout,
    )
    assert (False, 8, "debug", 60.0) == (
        config.vdsm.check_hostname,
        config.collector.max_connections,
        config.log.level,
        config.collector.collect_interval,
    )


def test_files_are_merged_by_name(write: Write) -> None:
    """A later name overrides an earlier one key by key; other files are not read at all."""
    write("[collector]\ncollect_interval = 99\nhost_timeout = 9\n", "90-late.conf")
    write("[collector]\ncollect_interval = 11\n[log]\nlevel = error\n", "10-early.conf")
    write("no INI at all", "README")
    write("no INI at all", ".hidden.conf")
    folder = write("no INI at all", "50-old.conf.rpmsave")

    config = load(folder)

    assert (99, 9, "error") == (config.collector.collect_interval, config.collector.host_timeout, config.log.level)
    assert folder / "90-late.conf" == config.origins["collector", "collect_interval"]


def test_a_byte_order_mark_is_no_error(write: Write) -> None:
    """What some editors put before UTF-8 text is skipped."""
    assert load(write(b"\xef\xbb\xbf[log]\nlevel = error\n")).log.level == "error"


def test_a_configuration_cannot_be_changed() -> None:
    """It is passed around, so nobody may change it under another's feet."""
    with pytest.raises(FrozenInstanceError):
        Config().log.level = "debug"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("section", "key", "good", "bad"),
    [
        ("service", "state_dir", ["/x", "/with space"], ["", "relative", "~/x", "/nul\x00"]),
        ("service", "http_host", ["127.0.0.1", "127.8.0.1", "::1"], ["0.0.0.0", "::", "localhost", "10.0.0.1"]),
        ("service", "http_port", ["0", "1", "65535"], ["-1", "65536", "1.0", "0x10", "1_0", "\u0661", ""]),
        ("service", "xmlrpc_port", ["0", "65535"], ["65536"]),
        (
            "service",
            "allowed_hosts",
            ["", "engine.example.com", "engine, engine.example.com"],
            ["https://engine", "engine:443", "a,,b", "-x", "two words"],
        ),
        ("service", "socket", ["/" + "s" * 106], ["/" + "s" * 107, "proxy.sock"]),
        ("service", "socket_group", ["ovirt", "_x-1", ""], ["two words", "Ovirt", "x" * 33, "-x"]),
        ("service", "on_failure", ["drop", "pass"], ["Drop", "open", ""]),
        (
            "engine",
            "url",
            ["https://e.example.com", "https://e:8443/ovirt-engine/api", "http://127.0.0.1:1/ovirt-engine", ""],
            ["http://engine.example.com", "engine.example.com", "ftp://e", "https://", "https://e/?x=1"],
        ),
        ("engine", "user", ["admin@internal", "admin@ovirt@internalsso"], ["admin", "@internal", "a @b", ""]),
        ("engine", "password_file", ["/etc/pw"], ["pw", ""]),
        ("engine", "ca_file", ["/etc/ca.pem", ""], ["ca.pem"]),
        ("engine", "timeout", ["1", "120", "2.5"], ["0", "0.9", "120.1", "10 s", "nan", "inf", "1e2", "-1"]),
        ("engine", "engine_refresh", ["yes", "no"], ["", "sometimes"]),
        ("engine", "engine_events", ["on", "off"], ["2"]),
        ("vdsm", "ca_file", ["/ca"], [""]),
        ("vdsm", "cert_file", ["/c"], ["c"]),
        ("vdsm", "key_file", ["/k"], ["k"]),
        ("vdsm", "check_hostname", ["yes", "NO", "true", "off"], ["1", "0", "maybe", ""]),
        ("collector", "collect_interval", ["1", "3600"], ["0", "3601", "one minute"]),
        ("collector", "host_timeout", ["1", "120"], ["0.5", "121"]),
        ("collector", "max_connections", ["4", "1000"], ["3", "1001", "4.0"]),
        ("collector", "vms_interval", ["10", "86400"], ["9", "86401"]),
        ("collector", "engine_view_interval", ["10", "86400"], ["9.9", "86401", ""]),
        ("decisions", "unresolved_timeout", ["1", "600"], ["0.9", "601"]),
        ("decisions", "claim_timeout", ["10", "3600"], ["9", "3601"]),
        ("decisions", "recheck_deadline", ["0", "3"], ["-1", "3.1"]),
        ("decisions", "recheck_hosts", ["0", "100"], ["-1", "101", "1.5"]),
        ("decisions", "limit_per_vm", ["yes", "no"], ["2", ""]),
        ("log", "level", ["debug", "error"], ["INFO", "trace", ""]),
    ],
)
def test_what_each_key_allows(write: Write, section: str, key: str, good: list[str], bad: list[str]) -> None:
    """Both sides of every limit; an error names file, key, value and what is allowed."""
    described = next(o for o in options() if (o.section, o.key) == (section, key))
    for value in good:
        config = load(write(f"[{section}]\n{key} = {value}\n"))
        assert described.kind.read(value) == getattr(getattr(config, section), key)
    for value in bad:
        folder = write(f"[{section}]\n{key} = {value}\n")
        with pytest.raises(ConfigError) as caught:
            load(folder)
        expected = f"{folder}/50-test.conf: [{section}] {key} = {value!r}: it must be {described.kind.allowed}"
        assert expected == str(caught.value)
        assert (folder / "50-test.conf", section, key, value) == (
            caught.value.file,
            caught.value.section,
            caught.value.key,
            caught.value.value,
        )


def test_every_key_is_in_the_table_above() -> None:
    """No key goes without a test of its limits."""
    [mark] = [m for m in test_what_each_key_allows.pytestmark if m.name == "parametrize"]  # type: ignore[attr-defined]

    assert [(o.section, o.key) for o in options()] == [row[:2] for row in mark.args[1]]


def test_show_says_where_a_value_comes_from(write: Write) -> None:
    """Keys that a file sets have the file above them; the others are at their defaults."""
    folder = write("[log]\nlevel = debug\n")

    shown = show(load(folder))

    assert shown.endswith(f"\n\n[log]\n# {folder}/50-test.conf\nlevel = debug\n")
    assert "\ncollect_interval = 60\n" in shown
    assert 1 == shown.count("#")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.floats(1, 3600).map(lambda x: round(x, 6)),
    st.integers(0, 65535).filter(lambda port: port != 18782),
    st.booleans(),
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=50),
)
def test_what_is_shown_can_be_read(write: Write, interval: float, port: int, check: bool, name: str) -> None:
    """Showing and reading again gives the same configuration."""
    word = "yes" if check else "no"
    folder = write(
        f"[service]\nxmlrpc_port = {port}\nstate_dir = /{name}\n[vdsm]\ncheck_hostname = {word}\n"
        f"[collector]\ncollect_interval = {interval:.6f}\n"
    )
    first = load(folder)

    second = load(write(show(first)))

    assert first == second
    assert (interval, port, check) == (
        second.collector.collect_interval,
        second.service.xmlrpc_port,
        second.vdsm.check_hostname,
    )


def test_the_collector_takes_its_section() -> None:
    """The section `[collector]` is what the collector wants to know."""
    wanted: collector.Settings = Config().collector

    assert (60.0, 10.0, 60.0, 64) == (
        wanted.collect_interval,
        wanted.host_timeout,
        wanted.vms_interval,
        wanted.max_connections,
    )


def test_the_sample_changes_nothing(write: Write) -> None:
    """As it stands the sample is the defaults; with every key's comment sign taken away as well."""
    sample = config_docs.sample()
    bare = "\n".join(line if line.startswith("# ") else line.removeprefix("#") for line in sample.splitlines())

    assert Config() == load(write(sample))
    assert Config() == load(write(bare))
