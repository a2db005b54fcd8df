"""A resume's forms, computed from `docs/protocol.md` (P81, P82) alone: the second implementation of the bands."""

import json
import unicodedata
from pathlib import Path

from blake3 import blake3

STOPLISTS = Path(__file__).parents[3] / "protocol/data/resume"
FAMILIES = [("pairs", b"larum/1 resume pair", 128), ("words", b"larum/1 resume word", 96)]
ROWS = 3


def words(text):
    """The words of the layout-free text."""
    text = unicodedata.normalize("NFKD", "".join(letter.lower() for letter in unicodedata.normalize("NFKD", text)))
    kept = (letter for letter in text if not unicodedata.category(letter).startswith("M"))
    return "".join(letter if letter.isalnum() else " " for letter in kept).split()


def hashes(label, feature, rows):
    parts = b"".join(len(part).to_bytes(8, "big") + part for part in (label, feature.encode()))
    stream = blake3(parts).digest(length=8 * rows)
    return [int.from_bytes(stream[8 * row : 8 * row + 8], "big") for row in range(rows)]


def forms(text):
    """The exact form and the bands, or None for a text that is too short."""
    own = words(text)
    common = {family: set((STOPLISTS / f"{family}.txt").read_text().splitlines()) for family, _, _ in FAMILIES}
    features = {
        "pairs": {f"{one} {two}" for one, two in zip(own, own[1:])} - common["pairs"],
        "words": set(own) - common["words"],
    }
    if len(features["pairs"]) < 40 or len(features["words"]) < 12:
        return None
    bands = []
    for family, label, count in FAMILIES:
        minima = [min(row) for row in zip(*(hashes(label, feature, count * ROWS) for feature in features[family]))]
        for band in range(count):
            rows = minima[band * ROWS : band * ROWS + ROWS]
            bands.append(":".join([family, str(len(bands)), *(f"{row:016x}" for row in rows)]))
    return "exact:" + blake3(" ".join(own).encode()).hexdigest(), bands


def rewritten(lines):
    """The vectors with their forms computed anew, and the bands of the first one in full."""
    vectors = [json.loads(line) for line in lines]
    first = None
    for vector in vectors:
        if "bands" in vector:  # a digest has none: it is its own canonical form
            vector["canonical"], bands = forms(vector["value"])
            vector["bands"] = blake3("\n".join(bands).encode()).hexdigest()
            first = first or bands
    return [json.dumps(vector, ensure_ascii=False) for vector in vectors], first
