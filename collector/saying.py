"""The words of the pages: whole sentences with named places, each said by one of two functions.

English stands in the code and in the templates. A catalogue of another language comes in here, and nowhere
else, once there is one for the pages.
"""

from __future__ import annotations


def say(message: str, /, **values: object) -> str:
    """The message with its places filled."""
    return message.format(**values) if values else message


def say_many(one: str, many: str, count: int, /, **values: object) -> str:
    """The message for a number of things; ``{n}`` is the number as `1,440`, unless it is handed in."""
    return (one if count == 1 else many).format(**{"n": f"{count:,}", **values})
