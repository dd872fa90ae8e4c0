"""A host's VDSM, asked over its own protocol: JSON-RPC over STOMP over mutual TLS; its answers read.

The entrances are `rpc.VdsmClient` and `key_reader.from_key`. It knows how VDSM is asked, not what: that is in
`collector/sources.py` and `collector/vm_questions.py`. It knows no engine and no store.
"""
