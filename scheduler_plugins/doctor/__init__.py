"""Every link of the chain from the configuration to the hosts, checked in the order in which it must hold.

`gather` asks: files, sockets, the service, the engine, the hosts. `checks` judge what was learned, as pure
functions over `facts`. `catalogue` has every finding with its meaning and remedy, `chain` the order. Nothing
here changes anything anywhere.

A new finding: its words in `catalogue.KINDS`; `found` with its code in a function of `checks/`, which is a
link of `chain.CHAIN`; what that has to know in `facts`, asked for in `gather/`.
"""
