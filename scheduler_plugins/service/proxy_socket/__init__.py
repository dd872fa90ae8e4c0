"""The unix socket that ovirt-scheduler-proxy's plugin asks; the entrance is `server.ProxySocket`."""
