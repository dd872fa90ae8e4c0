"""The unix socket that ovirt-scheduler-proxy's plugin asks, one question a connection.

The entrance is `server.ProxySocket`; `line` has the protocol. It asks a `Decider`, and does not know how that
decides.
"""
