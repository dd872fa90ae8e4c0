"""How a host is chosen: SchedulingManager.

Internal filters first, then all external ones in one call, then weights where at least two hosts are
left; one scheduling at a time per cluster. The lock is free again before anything is created.
"""

from collections.abc import Collection, Sequence

from simulation.engine import mdevice
from simulation.engine.commands import ranking
from simulation.engine.state import Decision, Host, Round, Vm
from simulation.engine.units.answers import UnreadableAnswerError
from simulation.engine.units.table import ExternalUnits
from simulation.engine.world import World
from simulation.timeline.processes import Steps


class Scheduling:
    """Answers where VMs may go, and decides where one goes."""

    def __init__(self, world: World, units: ExternalUnits) -> None:
        """Of that engine."""
        self._world = world
        self._units = units

    def can_schedule(self, vm: Vm, excluded: Collection[str] = ()) -> list[Host]:
        """canSchedule: internal filters alone, on behalf of validation and of lists of targets."""
        return self._internal(vm, self._candidates(vm, excluded), Round(()))

    def decide(self, vms: Sequence[Vm], excluded: Collection[str] = ()) -> Steps[Decision]:
        """One host for all of `vms`, which share a cluster; hosts in `excluded` are black-listed.

        External units are asked once per VM, each about the hosts that the one before left.
        """
        world, decision = self._world, Decision()
        lock = vms[0].cluster.lock
        yield lock.acquire
        try:
            yield world.processes.sleep(world.draw(world.delays.decision))
            decision.host = yield from self._select(vms, excluded, decision)
            if world.happens(world.misfortunes.second_round):
                yield world.processes.sleep(world.draw(world.delays.second_round))
                decision.host = yield from self._select(vms, excluded, decision)
        except UnreadableAnswerError as error:
            decision.host, decision.aborted = None, str(error)
        finally:
            lock.release()
        return decision

    def _select(self, vms: Sequence[Vm], excluded: Collection[str], decision: Decision) -> Steps[Host | None]:
        hosts = self._candidates(vms[0], excluded)
        turn = Round(tuple(host.id for host in hosts))
        decision.rounds.append(turn)
        for vm in vms:
            hosts = self._internal(vm, hosts, turn)
        for vm in vms:
            hosts = yield from self._external(vm, hosts, turn)
        if not hosts:
            return None
        turn.chosen = hosts[0].id if len(hosts) == 1 else (yield from self._weigh(vms, hosts, turn))
        return self._chosen(turn.chosen)

    def _chosen(self, host_id: str) -> Host:
        if host_id not in self._world.hosts:
            raise UnreadableAnswerError(f"NullPointerException: the best host {host_id} is none of ours")
        return self._world.hosts[host_id]

    def _candidates(self, vm: Vm, excluded: Collection[str]) -> list[Host]:
        return [
            host
            for host in self._world.hosts.values()
            if host.cluster is vm.cluster and host.status == "up" and host.id not in excluded
        ]

    def _internal(self, vm: Vm, hosts: list[Host], turn: Round) -> list[Host]:
        """The mandatory internal filters, of which MDevice alone matters here."""
        if not self._world.version.has_mdevice_filter:
            return hosts
        left = mdevice.suited(hosts, vm, self._world.version)
        _note(turn, mdevice.NAME, hosts, left)
        return left

    def _external(self, vm: Vm, hosts: list[Host], turn: Round) -> Steps[list[Host]]:
        names = self._units.filters(vm.cluster)
        if not names or not hosts:
            return hosts
        ids = yield from self._units.run_filters(names, [host.id for host in hosts], vm.id, vm.cluster)
        left = [self._world.hosts[host_id] for host_id in ids]
        # The engine knows external filters by the list of all their names, as its own message shows them.
        _note(turn, f"[{', '.join(names)}]", hosts, left)
        return left

    def _weigh(self, vms: Sequence[Vm], hosts: list[Host], turn: Round) -> Steps[str]:
        cluster, ids = vms[0].cluster, [host.id for host in hosts]
        factors = dict(self._units.factors(cluster))
        functions = self._units.weights(cluster)
        external = []
        for vm in vms if functions else ():
            external += yield from self._units.run_cost_functions(functions, ids, vm.id, cluster)
        turn.scores = ranking.by_unit(external, factors)
        for number, (factor, weigh) in enumerate(cluster.policy.internal_weights):
            factors[f"internal {number}"] = factor
            turn.scores[f"internal {number}"] = {h.id: sum(weigh(h, vm) for vm in vms) for h in hosts}
        return ranking.best(ids, turn.scores, factors)


def _note(turn: Round, name: str, before: list[Host], after: list[Host]) -> None:
    if len(before) == len(after):
        return
    left = {host.id for host in after}
    gone = tuple(host.id for host in before if host.id not in left)
    turn.removed[name] = (*turn.removed.get(name, ()), *gone)
