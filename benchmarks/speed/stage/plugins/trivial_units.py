"""The floor: a plugin that prints its input back. No plugin of the proxy's can be cheaper."""


class TrivialFilter:
    """Every host passes."""

    def do_filter(self, hosts: "list[str]", vm: str, args: "dict[str, str]") -> None:
        """All hosts"""
        print(hosts)


class TrivialWeight:
    """All hosts are alike."""

    def do_score(self, hosts: "list[str]", vm: str, args: "dict[str, str]") -> None:
        """0 for all hosts"""
        print([(host, 0) for host in hosts])
