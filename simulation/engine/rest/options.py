"""Settings over REST: those of engine-config that clients may see."""

from simulation.engine.rest import views
from simulation.engine.rest.engine import Engine
from simulation.engine.rest.messages import Answer, NotFoundError, Request, Route, answer


def shown(engine: Engine, request: Request, name: str) -> Answer:
    """One setting at every cluster level, or at the one asked for."""
    values = dict(engine.world.options.get(name, {}))
    if level := request.parameter("version"):
        values = {level: values[level]} if level in values else {}
    if not values:
        raise NotFoundError(f"Entity not found: option {name}")
    listed = [{"value": value, "version": level} for level, value in values.items()]
    return answer({"values": {"system_option_value": listed}, "name": name, **(views.reference("options", name) or {})})


TABLE: tuple[Route, ...] = (("GET", "options/{name}", shown),)
