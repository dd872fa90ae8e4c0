"""One question to the proxy socket."""

import socket
from pathlib import Path


def ask(path: Path, data: bytes) -> bytes:
    """What the endpoint says to these bytes, until it closes."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(data)
        parts = []
        while part := client.recv(65536):
            parts.append(part)
        return b"".join(parts)
