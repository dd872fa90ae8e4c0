"""The rules by name, with how ties are broken: at random where their source says so, else the first host."""

from dataclasses import dataclass

from benchmarks.placement.replaying import rules, weighing


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule that chooses hosts."""

    name: str
    title: str
    """For people."""
    rule: int
    random_ties: bool = False


BASELINE = "packing"
"""What others are compared with."""
PRODUCT = ("fragmentation", "fragmentation-ages", "consolidate")
"""The product's weights that are to hold capacity together."""

POLICIES = {
    policy.name: policy
    for policy in (
        Policy("random", "any host", rules.RANDOM, True),
        Policy("ovirt", "oVirt today: even distribution, no weight for vGPUs", rules.EVEN, True),
        Policy("fewest", "fewest vGPUs in use", rules.FEWEST, True),
        Policy("breadth", "breadth-first (xapi)", rules.BREADTH),
        Policy("depth", "depth-first (xapi)", rules.DEPTH),
        Policy("depth-host", "depth-first by the whole host's room", rules.DEPTH_HOST),
        Policy("best-fit", "best-fit", rules.BEST_FIT),
        Policy("packing", "GPU packing", rules.PACKING),
        Policy("hami-binpack", "binpack (HAMi)", rules.HAMI),
        Policy("fgd", "fragmentation gradient descent", rules.FGD, True),
        Policy("fgd-depth", "fragmentation gradient descent, ties go depth-first", rules.FGD_DEPTH),
        Policy("mig-metric", "workload-agnostic MIG metric", rules.MIG),
        Policy("spread", "MdevSpread", weighing.SPREAD),
        Policy("consolidate", "MdevConsolidate", weighing.CONSOLIDATE),
        Policy("fragmentation", "MdevFragmentation", weighing.FRAGMENTATION),
        Policy("fragmentation-ages", "MdevFragmentation with ages", weighing.FRAGMENTATION_AGED),
        Policy("clairvoyant", "greedy, knows when VMs will end", weighing.CLAIRVOYANT),
    )
}
