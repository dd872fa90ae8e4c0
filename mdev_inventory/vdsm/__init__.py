"""A host's VDSM, asked over its own protocol: JSON-RPC over STOMP over mutual TLS."""
