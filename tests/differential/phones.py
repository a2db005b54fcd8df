"""Canonical phone numbers against Google's own port of libphonenumber, `phonenumbers` on PyPI.

Makes every region's example numbers of every type in all the ways in which people write them, and wrong ones beside
them; asks `larum tag --canonical` (the binary that LARUM_BIN names, one process) and `phonenumbers` for the same, and
compares. `tests/run` sets up the virtual environment. The last line counts: `phones: N cases, 0 differences`.

The rules compared: a number has to be valid in its country's numbering plan, its extension is dropped, and without `+`
a region is needed.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

# The metadata that rlibphonenumber 2.2.15 holds; `tests/differential/requirements.txt` pins the same.
METADATA = "9.0.42"

# What differs only because the two packages hold different metadata, each by name (region, type, rendering) with its
# reason. The versions agree, so there is none.
METADATA_DIFFERENCES: dict[tuple[str, str, str], str] = {}

# Fewer cases mean that the making of them broke.
CASES_MIN = 10_000

SHOWN_MAX = 40

TYPES = {
    value: name for name, value in vars(PhoneNumberType).items() if isinstance(value, int) and name != "UNKNOWN"
}

FULL_WIDTH = {ord(digit): 0xFF10 + int(digit) for digit in "0123456789"}
ARABIC = {ord(digit): 0x0660 + int(digit) for digit in "0123456789"}
DEVANAGARI = {ord(digit): 0x0966 + int(digit) for digit in "0123456789"}


def main() -> int:
    if phonenumbers.__version__ != METADATA:
        print(f"phones: phonenumbers is {phonenumbers.__version__} and not {METADATA}", file=sys.stderr)
        return 1
    cases = list(all_cases())
    answers = ask([(value, region) for _, value, region in cases])
    found = Counter()
    differences = []
    for (name, value, region), answer in zip(cases, answers, strict=True):
        expected = google(value, region)
        if same(expected, answer):
            found["numbers" if expected else "refused"] += 1
        elif name in METADATA_DIFFERENCES:
            print(f"metadata: {' '.join(name)}: {METADATA_DIFFERENCES[name]}")
            found["metadata"] += 1
        else:
            differences.append(f"{' '.join(name)} (region {region}): expected {expected}, found {answer}")
    for difference in differences[:SHOWN_MAX]:
        print(difference, file=sys.stderr)
    enough = len(cases) >= CASES_MIN and found["numbers"] > 0 and found["refused"] > 0
    if not enough:
        print(f"phones: only {dict(found)}", file=sys.stderr)
    print(f"phones: {found['numbers']} numbers, {found['refused']} refused, {found['metadata']} by metadata")
    print(f"phones: {len(cases)} cases, {len(differences)} differences")
    return 0 if enough and not differences else 1


def google(value: str, region: str | None) -> str | None:
    """E.164 by Google's port, or None where it has no valid number."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def same(expected: str | None, answer: dict) -> bool:
    """Whether an answer is the number expected; a placeholder is refused although it is a number."""
    if "placeholder" in answer.get("error", ""):
        return expected is None or is_placeholder(expected)
    return answer.get("canonical") == expected and ("error" in answer) == (expected is None)


def is_placeholder(number: str) -> bool:
    national = str(phonenumbers.parse(number).national_number)
    return number in PLACEHOLDERS or len(set(national)) == 1


def placeholders() -> set[str]:
    rows = (Path(__file__).parents[2] / "protocol/data/denylist.txt").read_text().splitlines()
    return {row.removeprefix("phone ") for row in rows if row.startswith("phone ")}


PLACEHOLDERS = placeholders()


def all_cases():
    """Each case as its name, the value and the region beside it."""
    chance = random.Random(METADATA)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind, label in sorted(TYPES.items()):
            if number := phonenumbers.example_number_for_type(region, kind):
                for how, value, beside in renderings(number, region, chance):
                    yield (region, label, how), value, beside
        if number := phonenumbers.invalid_example_number(region):
            for how, value, beside in plain_renderings(number, region):
                yield (region, "INVALID", how), value, beside
    for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        number = phonenumbers.example_number_for_non_geo_entity(code)
        for how, value, beside in renderings(number, None, chance):
            yield (f"+{code}", "NON_GEOGRAPHIC", how), value, beside


def plain_renderings(number, region):
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    yield "e164", e164, None
    yield "international", international, None
    yield "national", national, region
    yield "national without a region", national, None
    yield "rfc 3966", phonenumbers.format_number(number, PhoneNumberFormat.RFC3966), None


def renderings(number, region, chance):
    yield from plain_renderings(number, region)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    bare = phonenumbers.national_significant_number(number)
    code = number.country_code

    yield "e164 and its own region", e164, region
    yield "e164 and another region", e164, "DE" if region == "US" else "US"
    yield "only the digits of the subscriber", bare, region
    yield "digits without the plus", e164[1:], region
    yield "digits without plus or region", e164[1:], None

    yield "spaces", f" +{code}  {' '.join(pairs(bare))} ", None
    yield "no-break spaces", f"+{code}\u00a0{chr(0xA0).join(pairs(bare))}", None
    yield "dots", f"+{code}.{'.'.join(pairs(bare))}", None
    yield "hyphens", f"+{code}-{'-'.join(pairs(bare))}", None
    yield "dashes", f"+{code}\u2013{chr(0x2013).join(pairs(bare))}", None
    yield "slashes", f"+{code}/{'/'.join(pairs(bare))}", None
    yield "brackets", f"+{code} ({bare[:2]}) {bare[2:]}", None
    yield "square brackets", f"+{code} [{bare[:2]}] {bare[2:]}", None
    yield "the plus in brackets", f"(+{code}) {bare}", None
    yield "the national zero in brackets", f"+{code} (0){bare}", None
    yield "a label in front", f"Tel: {international}", None

    yield "full-width digits", international.translate(FULL_WIDTH), None
    yield "full-width plus", "\uff0b" + e164[1:].translate(FULL_WIDTH), None
    yield "full-width national", national.translate(FULL_WIDTH), region
    yield "arabic digits", e164.translate(ARABIC), None
    yield "devanagari digits", e164.translate(DEVANAGARI), None

    for how, extension in EXTENSIONS:
        yield f"international {how}", international + extension, None
        yield f"national {how}", national + extension, region
    with_extension = phonenumbers.PhoneNumber()
    with_extension.merge_from(number)
    with_extension.extension = "1234"
    yield "rfc 3966 with extension", phonenumbers.format_number(with_extension, PhoneNumberFormat.RFC3966), None
    yield "rfc 3966 with a context", f"tel:{bare};phone-context=+{code}", None
    yield "rfc 3966 with a parameter", f"tel:{e164};isub=12345", None

    if region:
        for home in ("US", "DE", "JP", "BR", "AU"):
            dialled = phonenumbers.format_out_of_country_calling_number(number, home)
            yield f"dialled from {home}", dialled, home

    yield "one digit less", e164[:-1], None
    yield "one digit more", e164 + "7", None
    yield "national, one digit less", bare[:-1], region
    yield "national, one digit more", bare + "7", region
    for round_ in range(3):
        at = chance.randrange(len(bare))
        changed = bare[:at] + str(chance.randrange(10)) + bare[at + 1 :]
        yield f"a digit changed, {round_ + 1}", f"+{code}{changed}", None


EXTENSIONS = [
    ("ext.", " ext. 123"),
    ("extension", " extension 4567"),
    ("x", " x9"),
    ("x and no blank", "x1234"),
    ("hash", " #44"),
    ("RFC 3966's", ";ext=1234567"),
]


def pairs(digits: str) -> list[str]:
    return [digits[at : at + 2] for at in range(0, len(digits), 2)]


def ask(questions) -> list[dict]:
    """What our binary makes of each value, in order."""
    binary = os.environ.get("LARUM_BIN", "target/debug/larum")
    lines = []
    for value, region in questions:
        line = {"kind": "phone", "value": value}
        if region is not None:
            line["region"] = region
        lines.append(json.dumps(line))
    done = subprocess.run(
        [binary, "tag", "--canonical"], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=600
    )
    if done.returncode != 0:
        raise SystemExit(f"phones: larum tag failed: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    sys.exit(main())
