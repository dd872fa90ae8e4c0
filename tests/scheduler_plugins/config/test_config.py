"""The configuration: read, refused and shown."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdev_inventory.collector import collector
from scheduler_plugins.config import Config, ConfigError, load, options, show
from tools import configuration as config_docs

REPOSITORY = Path(__file__).parents[3]

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write configuration files, by name; returns their folder."""

    def _write(text: str | bytes = "", name: str = "50-test.conf") -> Path:
        raw = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(raw)
        return tmp_path

    return _write


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "[collector]\ncolect_interval = 9\n",
            "[collector] colect_interval: no such key; did you mean collect_interval?",
            id="a key misspelt",
        ),
        pytest.param(
            "[collector]\nCollect_Interval = 9\n",
            "[collector] Collect_Interval: no such key; did you mean collect_interval?",
            id="a key in capitals",
        ),
        pytest.param(
            "[engine]\npassword = secret\n",
            "[engine] password: no such key; did you mean password_file?",
            id="a secret in the wrong place is not repeated",
        ),
        pytest.param("[log]\nxyzzy = 9\n", "[log] xyzzy: no such key; there are: level", id="a key unlike any other"),
        pytest.param(
            "[service]\nca_file = /x\n",
            "[service] ca_file: no such key there; it belongs in [engine] or [vdsm]",
            id="a key in the wrong section",
        ),
        pytest.param("[colector]\n", "[colector]: no such section; did you mean collector?", id="a section misspelt"),
        pytest.param(
            "[DEFAULT]\nlevel = debug\n",
            "[DEFAULT]: no such section; there are: service, engine, vdsm, collector, decisions, log",
            id="configparser's own defaults",
        ),
        pytest.param(
            "[log]\nlevel = info\nlevel = debug\n",
            "line 3: [log] level is given twice; keep one",
            id="a key given twice",
        ),
        pytest.param(
            "[log]\nlevel = info\n[log]\n",
            "line 3: section [log] stands there twice; make it one",
            id="a section twice",
        ),
        pytest.param("level = info\n", "line 1: a key before the first [section]", id="no section"),
        pytest.param(
            "[log]\nmy secret\n",
            "line 2: neither [section] nor key = value nor # comment",
            id="a line that is no INI is not repeated",
        ),
        pytest.param("[log]\nlevel : info\n", "line 2: neither [section] nor key = value nor # comment", id="a colon"),
        pytest.param(
            "[log]\nlevel = info # quiet\n",
            "[log] level = 'info # quiet': it must be debug or info or warning or error",
            id="a comment behind a value is part of it",
        ),
        pytest.param(
            "[log]\nlevel = info\n  debug\n",
            "[log] level = 'info\\ndebug': it must be debug or info or warning or error",
            id="a value on two lines",
        ),
        pytest.param(b"[log]\nlevel = \xff\n", "is not UTF-8 text: byte 14", id="bytes that are no text"),
        pytest.param(
            "[service]\nhttp_port = 18781\n",
            "[service] http_port = '18781': it must differ from [service] xmlrpc_port, or be 0 for any free port",
            id="one port for two endpoints",
        ),
    ],
)
def test_what_is_refused(write: Write, text: str | bytes, expected: str) -> None:
    """Each mistake is an error that names the file and what to do."""
    folder = write(text)

    with pytest.raises(ConfigError) as caught:
        load(folder)

    assert f"{folder}/50-test.conf: {expected}" == str(caught.value)


def test_two_ports_may_both_be_free(write: Write) -> None:
    """0 is any free port, so it may stand twice."""
    assert load(write("[service]\nhttp_port = 0\nxmlrpc_port = 0\n")).service.xmlrpc_port == 0


def test_a_password_in_the_url_is_not_repeated(write: Write) -> None:
    """A URL with a password in it is refused without showing the password."""
    with pytest.raises(ConfigError) as caught:
        load(write("[engine]\nurl = https://admin:p@ss/w@engine.example.com/\n"))

    assert "url = 'https://***@engine.example.com/'" in str(caught.value)
    assert "ss/w" not in str(caught.value)


def test_a_long_value_is_cut(write: Write) -> None:
    """An error stays readable whatever was written."""
    with pytest.raises(ConfigError) as caught:
        load(write(f"[log]\nlevel = {'x' * 100_000}\n"))

    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(lambda f: (f / "x.conf").mkdir(), r"x\.conf: cannot be read: Is a directory", id="a folder"),
        pytest.param(
            lambda f: (f / "x.conf").symlink_to("gone"),
            r"x\.conf: cannot be read: No such file or directory; the service's user",
            id="a link to nowhere",
        ),
        pytest.param(
            lambda f: (f.rmdir(), f.touch()),
            r"conf\.d: the folder cannot be read: Not a directory",
            id="a file in the folder's place",
        ),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, make: Callable[[Path], object], expected: str) -> None:
    """A file that is there but cannot be read is an error, never skipped."""
    folder = tmp_path / "conf.d"
    folder.mkdir()
    make(folder)

    with pytest.raises(ConfigError, match=expected):
        load(folder)


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


@pytest.mark.parametrize(
    ("path", "made", "what"),
    [
        ("deploy/mdev-scheduler.conf", config_docs.sample(), "sample"),
        ("docs/configuration.md", config_docs.reference(), "reference"),
    ],
)
def test_documents_are_those_of_the_defaults(path: str, made: str, what: str) -> None:
    """The sample and the reference in the repository are what `config_docs` makes of the defaults."""
    remedy = f"python -m tools.configuration {what} > {path}"

    assert made == (REPOSITORY / path).read_text(), remedy


def test_every_key_is_documented() -> None:
    """Each key stands in the sample with its default, and in the reference with its meaning."""
    sample, reference = config_docs.sample(), config_docs.reference()
    for option in options():
        assert f"\n#{option.key} = {option.default_text}".rstrip() in sample
        assert f"\n### {option.key}\n" in reference
        assert option.meaning in " ".join(reference.split())
        assert f"- Allowed: {option.kind.allowed}\n" in reference


def test_the_sample_changes_nothing(write: Write) -> None:
    """As it stands the sample is the defaults; with every key's comment sign taken away as well."""
    sample = config_docs.sample()
    bare = "\n".join(line if line.startswith("# ") else line.removeprefix("#") for line in sample.splitlines())

    assert Config() == load(write(sample))
    assert Config() == load(write(bare))


def test_the_collector_takes_its_section() -> None:
    """The section `[collector]` is what the collector wants to know."""
    wanted: collector.Settings = Config().collector

    assert (60.0, 10.0, 60.0, 64) == (
        wanted.collect_interval,
        wanted.host_timeout,
        wanted.vms_interval,
        wanted.max_connections,
    )
