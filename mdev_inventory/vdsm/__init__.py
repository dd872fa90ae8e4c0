"""A host's VDSM, asked over its own protocol: JSON-RPC over STOMP over mutual TLS.

The entrances are `rpc.VdsmClient`, which asks, and `key_reader.from_key`, which reads what the hook
published. It knows no engine and no store, and not when or why a host is asked.
"""
