"""This machine: configuration, files, the state directory and its disk."""

from collections.abc import Iterator

from scheduler_plugins.doctor.catalogue import found
from scheduler_plugins.doctor.facts import Facts
from scheduler_plugins.doctor.findings import Finding, ok, untold

WRITABLE, ENTERABLE, WRITABLE_BY_OTHERS = 0o300, 0o050, 0o022
FULL_SHARE = 16
"""The disk is full below this part of what counts as low."""
SOON, MIB = 30.0, 2**20


def configuration(facts: Facts) -> Iterator[Finding]:
    """The files can be read, and name an engine."""
    error = facts.machine.config_error
    seen = f"{facts.config.folder}: engine {facts.config.engine.url}"
    yield found("configuration-wrong", error) if error else ok(seen)


def credential_files(facts: Facts) -> Iterator[Finding]:
    """Password, keys and certificates can be used."""
    error = facts.machine.file_error
    seen = "the password, the key and the certificates can be used"
    yield found("file-unusable", error) if error else ok(seen)


def own_certificate(facts: Facts) -> Iterator[Finding]:
    """It is in date, for a while."""
    days, file = facts.machine.own_days, str(facts.config.vdsm.cert_file)
    if days is None:
        yield untold(f"{file} has no date in it that we can read", file)
    elif days <= 0:
        yield found("own-certificate-expired", f"{file}: expired {-days:.0f} days ago", file)
    elif days < SOON:
        yield found("own-certificate-expires", f"{file}: {days:.0f} days left", file)
    else:
        yield ok(f"{days:.0f} days left")


def state_directory(facts: Facts) -> Iterator[Finding]:
    """It exists, the service can write there, and the proxy's plugin can look into it."""
    state, path = facts.machine.state, facts.config.service.state_dir
    seen = f"{path}, mode {state.mode:04o}"
    if not state.exists:
        yield found("state-missing", f"{path} does not exist", path=path)
    elif state.mode & WRITABLE != WRITABLE or state.service_user not in (None, state.owner):
        yield found("state-unwritable", f"{seen}, owner {state.owner}", path=path)
    elif state.mode & WRITABLE_BY_OTHERS:
        yield found("state-open", seen, path=path)
    elif facts.machine.proxy.installed and state.mode & ENTERABLE != ENTERABLE:
        yield found("state-closed", seen, path=path)
    else:
        yield ok(seen)


def disk(facts: Facts) -> Iterator[Finding]:
    """There is room to write."""
    free, least = facts.machine.state.free, facts.machine.least_free
    if free < least:
        code = "disk-full" if free < least // FULL_SHARE else "disk-low"
        seen = f"{free // MIB} MiB free, {least // MIB} MiB wanted"
        yield found(code, seen, path=facts.config.service.state_dir)
    else:
        yield ok(f"{free // MIB} MiB free")
