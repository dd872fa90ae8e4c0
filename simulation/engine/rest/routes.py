"""What can be asked of the REST API: the tables of all resources as one.

Every function runs alone with the engine. One that returns a Promise is answered when that resolves.
"""

import re

from simulation.engine.rest import clusters, events, hosts, options, policies, views, vms
from simulation.engine.rest.engine import Engine
from simulation.engine.rest.messages import Answer, Handler, Request, answer
from simulation.engine.rest.rights import Rights, own_user


def entry_point(engine: Engine, _: Request) -> Answer:
    """The API itself."""
    return answer({**views.api(engine.version), **own_user()})


class Routes:
    """All of them; who may do what is told by `rights`."""

    def __init__(self, rights: Rights) -> None:
        """Paths are below `/ovirt-engine/api`."""
        table = (
            ("GET", "", entry_point),
            *clusters.TABLE,
            *hosts.TABLE,
            *vms.TABLE,
            *events.TABLE,
            *options.TABLE,
            *policies.TABLE,
            *rights.table(),
        )
        self._compiled = tuple(
            (method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), path, handler)
            for method, path, handler in table
        )

    def find(self, method: str, path: str) -> tuple[str, Handler, dict[str, str]] | None:
        """A route's path as in its table, its function, the ids in the path; None where there is none."""
        for known, pattern, template, handler in self._compiled:
            match = pattern.fullmatch(path)
            if match and known == method:
                return template, handler, match.groupdict()
        return None
