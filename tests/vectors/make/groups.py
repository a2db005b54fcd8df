"""A kind's vectors while they are collected, and numbers that look random and are the same on every run."""

import hashlib
import json


class Groups:
    """Vectors of one kind."""

    def __init__(self):
        self._lines = []
        self._values = set()
        self._names = set()
        self._forms = {}

    def add(self, group, canonical, rule, source, spellings, derived=None, **hints):
        """One identifier: all spellings have this canonical form. A spelling given twice is kept once."""
        other = self._forms.setdefault(canonical, group)
        if other != group:
            raise ValueError(f"{group} and {other} have one canonical form")
        for value in spellings:
            line = {"rule": rule, "source": source, "group": group, "value": value, **hints, "canonical": canonical}
            if derived:
                line["derived"] = derived
            self._put(group, line)

    def refuse(self, what, error, rule, source, *values, **hints):
        """Values that are no identifier, and the name of the error."""
        for value in values:
            self._put(what, {"rule": rule, "source": source, "value": value, **hints, "error": error})

    def _put(self, what, line):
        key = (line["value"], line.get("region"), line.get("asset"))
        if key in self._values:
            return
        self._values.add(key)
        number = 1
        while f"{what}: {number}" in self._names:
            number += 1
        name = f"{what}: {number}"
        self._names.add(name)
        self._lines.append({"name": name, **line})

    def lines(self):
        return [json.dumps(line, ensure_ascii=True) for line in self._lines]


def noise(label, count=32):
    """Bytes that depend on the label alone."""
    out = b""
    while len(out) < count:
        out += hashlib.sha256(f"{label} {len(out)}".encode()).digest()
    return out[:count]


def pick(label, choices):
    """One of the choices, by the label."""
    return choices[int.from_bytes(noise(label, 4), "big") % len(choices)]
