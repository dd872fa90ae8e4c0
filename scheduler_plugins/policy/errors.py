"""Why a policy command cannot be carried out."""


class PolicyError(Exception):
    """The base of them all; the text names the object, the value and the remedy."""


class WishError(PolicyError):
    """What was asked for cannot be: a unit, factor, property or cluster that does not exist."""


class RefusalError(PolicyError):
    """The engine is not in a state to do it, and nothing was changed."""


class EngineTroubleError(PolicyError):
    """The engine could not be asked, or stopped answering on the way."""

    def __init__(self, kind: str, text: str, taken: int = 0, created: str | None = None) -> None:
        """`kind` as `sdk_child.explained` says it, `taken` steps done, `created` the policy made by them."""
        super().__init__(text)
        self.kind, self.taken, self.created = kind, taken, created
