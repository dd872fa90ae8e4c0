"""The page for people."""

import re
from dataclasses import replace

from mdev_inventory.model import MdevType
from mdev_inventory.observation import HostFailure
from tests.scheduler_plugins.service.web.conftest import Served
from tests.scheduler_plugins.world import DEAD, FREE, FULL, NOW, WANTS, host, with_errors

UNSEEN = "\x1b[2J\u202e\u2028\x9b\x7f\udc80"
EVIL = "<script>alert('x')</script>" + UNSEEN


def test_the_page_shows_what_there_is(served: Served) -> None:
    """Hosts, devices, types, failures, and the last decisions with their reasons."""
    served.scheduler.filter("MdevFilter", WANTS, [FREE, FULL, DEAD], {})
    served.scheduler.weigh("MdevSpread", WANTS, [FREE], {})
    served.reasons.append("engine hosts: refused")
    text = served.ask("/").text

    for expected in (
        "degraded",
        "engine hosts: refused",
        "seen 10 seconds ago by hook",
        "GRID M60-8Q",
        "elsewhere (2), free (1)",
        "0000:3b:00.0",
        "1 \N{MULTIPLICATION SIGN} GRID M60-8Q",
        "connect: host dead refuses",
        "fits on 1 of 3 hosts",
        "no-free-instance",
        "lands on 0000:3b:00.0 (nvidia-22)",
        "MdevSpread 10",
        "2023-11-14 22:13:20 UTC",
    ):
        assert expected in text


def test_the_page_tells_empty_from_unknown(served: Served) -> None:
    """A source that cannot tell instances does not show an empty card."""
    full = served.world.observations[FULL]
    (card,) = full.inventory.parents
    blind = card._replace(types=tuple(found._replace(instances=None) for found in card.types or ()))
    unknown = replace(full, inventory=full.inventory._replace(parents=(blind,)))
    for seen, word, other in ((full, "empty", "unknown"), (unknown, "unknown", "empty")):
        served.world.observations = {FULL: seen}
        text = served.ask("/").text

        assert f"<small>{word}" in text.replace("instances unknown", "unknown")
        assert f"<small>{other}" not in text.replace("instances unknown", "unknown")


def test_an_empty_page(served: Served) -> None:
    """Before the engine was asked the page says so."""
    served.world.host_list = ()
    text = served.ask("/").text

    assert "The engine has shown no host yet." in text
    assert "No VM start was decided yet." in text


def test_names_from_elsewhere_are_escaped(served: Served) -> None:
    """Hosts, types, drivers, failures and VMs are named by others."""
    world = served.world
    seen = world.observations[FREE]
    card = seen.inventory.parents[0]
    evil_type = MdevType(EVIL, EVIL, EVIL, "", 1, ("x",))
    evil_card = card._replace(address=EVIL, driver=EVIL, types=(evil_type,))
    inventory = seen.inventory._replace(parents=(evil_card,))
    world.observations = {FREE: with_errors(replace(seen, inventory=inventory), EVIL)}
    world.host_list = (host(FREE, EVIL, status=EVIL), host(DEAD, "dead"))
    world.failures = {DEAD: HostFailure(DEAD, EVIL, EVIL, NOW)}
    world.engine_vms = [replace(world.engine_vms[0], name=EVIL, mdev_type=EVIL)]
    served.scheduler.filter("MdevFilter", WANTS, [FREE], {})
    served.reasons.append(EVIL)
    text = served.ask("/").text

    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 10
    assert [] == [char for char in UNSEEN if char in text and not char.isprintable()]
    assert text.count("\\x1b[2J\\u202e\\u2028\\x9b\\x7f\\udc80") > 10
    bodies = [served.ask(path).text for path in ("/api/v1/hosts", "/api/v1/types", "/healthz", "/api/v1/claims")]
    bodies += [served.ask("/api/v1/explain", vm=vm).text for vm in (WANTS, "\x1b\u202e")]
    assert [True] * len(bodies) == [body.isascii() and body.isprintable() for body in bodies]


def test_the_page_loads_nothing(served: Served) -> None:
    """No address outside, no script, and a policy that forbids both."""
    answer = served.ask("/")

    assert "default-src 'none'; style-src 'unsafe-inline'" == answer.headers["Content-Security-Policy"]
    assert [] == re.findall(r"<script|<link|<img|https?://|url\(", answer.text)
