"""How generators spell the names of the document."""

import re


def snake(name):
    """`getMe` and `If-Match` as names of Python."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("-", "_"))
    return words.lower()
