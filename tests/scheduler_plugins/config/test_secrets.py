"""What the configuration names: the engine's URL, the password's file, certificates and keys."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scheduler_plugins.config import Config, ConfigError, Engine, Vdsm
from scheduler_plugins.config.secrets import check_engine_ca, check_vdsm_files, engine_password, engine_url

Secret = Callable[..., Path]


@pytest.fixture
def secret(tmp_path: Path) -> Secret:
    """Write a file that is nobody else's, or of another mode."""

    def _secret(content: bytes = b"x\n", mode: int = 0o600, name: str = "secret") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(mode)
        return path

    return _secret


def with_password_in(path: Path) -> Config:
    """A configuration, read from a file, that names this password file."""
    origins = {("engine", "password_file"): Path("/conf.d/1.conf")}
    return replace(Config(engine=Engine(password_file=path)), origins=origins)


def test_the_url_is_required() -> None:
    """Without it the service does not start; the error says where to put it."""
    with pytest.raises(ConfigError, match=r"\[engine\] url = '': it must be set: put .*/50-engine\.conf"):
        engine_url(Config())


def test_the_url() -> None:
    """It is what the configuration says."""
    assert engine_url(Config(engine=Engine(url="https://e"))) == "https://e"


@pytest.mark.parametrize(
    ("content", "password"),
    [
        pytest.param(b"pass word", "pass word", id="no newline"),
        pytest.param(b"pass word\n", "pass word", id="a newline"),
        pytest.param(b"pass word\r\n", "pass word", id="written on Windows"),
        pytest.param(b" blanks count ", " blanks count ", id="blanks at the ends"),
        pytest.param("p\u00e4ss\u2028x".encode(), "p\u00e4ss\u2028x", id="letters and separators of Unicode"),
        pytest.param(b"x" * 1024, "x" * 1024, id="as long as allowed"),
    ],
)
def test_a_password(secret: Secret, content: bytes, password: str) -> None:
    """The file's only line, as it stands."""
    assert password == engine_password(with_password_in(secret(content)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", "its only line", id="empty"),
        pytest.param(b"\n", "its only line", id="an empty line"),
        pytest.param(b"hunter2\nhunter2\n", "its only line", id="two lines"),
        pytest.param(b"hunter2" * 147, "at most 1024 bytes", id="too long"),
        pytest.param(b"hunter2\xff", "UTF-8", id="no text"),
    ],
)
def test_what_is_no_password(secret: Secret, content: bytes, expected: str) -> None:
    """The error names the key, its file and where it is set, never what is in it."""
    path = secret(content)

    with pytest.raises(ConfigError, match=expected) as caught:
        engine_password(with_password_in(path))

    assert str(caught.value).startswith(f"/conf.d/1.conf: [engine] password_file = '{path}': the file must ")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_a_password_others_may_use(secret: Secret, mode: int) -> None:
    """A file that group or others may read or write is refused, with its mode."""
    with pytest.raises(ConfigError, match=rf"others may use the file \(mode {mode:04o}\): .* chmod 0600"):
        engine_password(with_password_in(secret(mode=mode)))


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_password_of_ones_own(secret: Secret, mode: int) -> None:
    """A file that only its owner may read is right."""
    assert engine_password(with_password_in(secret(mode=mode))) == "x"


def test_a_missing_file_at_its_default(tmp_path: Path) -> None:
    """Nothing sets the key: the error says that this is the default, and of which folder."""
    config = replace(Config(engine=Engine(password_file=tmp_path / "gone")), folder=tmp_path)

    with pytest.raises(ConfigError) as caught:
        engine_password(config)

    assert (
        f"[engine] password_file = '{tmp_path}/gone': the file cannot be read: No such file or directory; "
        f"who runs mdev-scheduler must be able to (this is the default; no file in {tmp_path} sets it)"
    ) == str(caught.value)


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        pytest.param({"vdsm": {"ca_file": "gone"}}, r"\[vdsm\] ca_file .* cannot be read", id="vdsm ca"),
        pytest.param({"vdsm": {"cert_file": "gone"}}, r"\[vdsm\] cert_file .* cannot be read", id="vdsm cert"),
        pytest.param({"vdsm": {"key_file": "gone"}}, r"\[vdsm\] key_file .* cannot be read", id="vdsm key"),
        pytest.param({"vdsm": {"key_file": "open"}}, r"\[vdsm\] key_file .* others may use", id="an open key"),
        pytest.param({"engine": {"ca_file": "gone"}}, r"\[engine\] ca_file .* cannot be read", id="engine ca"),
    ],
)
def test_certificates(secret: Secret, bad: dict[str, dict[str, str]], expected: str) -> None:
    """Each file is looked at; the first that will not do is named with its key."""
    public = secret(mode=0o644, name="open")
    good = Config(engine=Engine(ca_file=public), vdsm=Vdsm(ca_file=public, cert_file=public, key_file=secret()))
    check_all(good)
    [(section, values)] = bad.items()
    changed = replace(getattr(good, section), **{key: public.with_name(name) for key, name in values.items()})

    with pytest.raises(ConfigError, match=expected):
        check_all(replace(good, **{section: changed}))


def check_all(config: Config) -> None:
    """Both sides' files."""
    check_vdsm_files(config)
    check_engine_ca(config)


def test_the_systems_authorities() -> None:
    """An engine whose certificate is trusted anyway needs no file."""
    check_engine_ca(Config(engine=Engine(ca_file=None)))
