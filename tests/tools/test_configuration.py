"""The sample and the reference of the configuration, as they are made from the defaults."""

import pytest

from scheduler_plugins.config import options
from tests.scheduler_plugins.config.files import REPOSITORY
from tools import configuration as config_docs


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
        assert config_docs.meaning(option) in " ".join(reference.split())
        assert f"- Allowed: {option.kind.allowed}\n" in reference
