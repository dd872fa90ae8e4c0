"""Text from outside, made fit for people: what cannot be seen is shown as an escape.

Names of hosts, VMs and types, paths, errors of peers: all may hold whatever somebody wrote there. A newline in one
forges a line of the log, an escape sequence steers a terminal, a mark that turns the direction of writing makes a
name look like another. So whatever leaves the product for people goes through here, where it leaves: the log's
formatter, the command's output, the page, the JSON, the answers to the engine and the proxy. Inside, text is as
it came.
"""

import json
from typing import Any

DELETE = "\x7f"
"""The one control character that JSON in ASCII leaves as it is."""


def visible(text: str) -> str:
    r"""The text on one line, all of it printable: other characters as Python escapes them, `\n`, `\x1b`, `\u202e`.

    Those are controls, marks without a width or for the direction of writing, separators of lines and paragraphs,
    blanks other than the common one, unassigned characters and halves of surrogate pairs. What is printable stays,
    backslashes as well: applied twice it changes nothing.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def visible_lines(text: str) -> str:
    """Text of several lines by us, each of them made visible."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(document: Any, indent: int | None = None) -> str:
    """The document as JSON in ASCII: nothing invisible is in it, and whoever reads it gets every character back."""
    separators = None if indent else (",", ":")
    return json.dumps(document, indent=indent, separators=separators, allow_nan=False).replace(DELETE, "\\u007f")
