"""IBANs of every country of the registry, by `python-stdnum`, which has its own copy of it."""

from stdnum import iban, numdb

from .groups import Groups, noise

REGISTRY = "https://www.swift.com/standards/data-standards/iban-international-bank-account-number"
CHECK = "ISO 7064, MOD 97-10"
DIGITS, LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CLASSES = {"n": DIGITS, "a": LETTERS, "c": DIGITS + LETTERS}


def vectors():
    groups = Groups()
    for country, structure in countries():
        for number in range(2):
            one(groups, country, structure, number)
        refused(groups, country, structure)
    source = REGISTRY
    groups.refuse("no such country", "iban-country", "only the registry's countries have IBANs", source,
                  "US12345678901234567890", "CA89370400440532013000", "JP89370400440532013000", "ZZ68539007547034")
    groups.refuse("no IBAN", "bank-form", "what is no IBAN is refused", source, "DE", "40440532013", "D189370400440532013000", "IBAN")
    return groups


def countries():
    """Each country's structure as the registry writes it, such as `4!a6!n8!c`."""
    found = {}
    for code in sorted(a + b for a in LETTERS for b in LETTERS):
        info = dict(numdb.get("iban").info(code + "00")[0][1])
        if "bban" in info:
            found[code] = info["bban"]
    return sorted(found.items())


def account(country, structure, number):
    text = ""
    for run in structure.replace("!", "").replace("n", "n ").replace("a", "a ").replace("c", "c ").split():
        letters = CLASSES[run[-1]]
        text += "".join(letters[byte % len(letters)] for byte in noise(f"{country} {number} {len(text)}", int(run[:-1])))
    return text


def full(country, text):
    return country + iban.calc_check_digits(country + "00" + text) + text


def one(groups, country, structure, number):
    value = full(country, account(country, structure, number))
    if iban.validate(value, check_country=False) != value:
        raise ValueError(value)
    fours = " ".join(value[at : at + 4] for at in range(0, len(value), 4))
    spellings = [value, fours, fours.lower(), fours.replace(" ", "-"), f"IBAN {fours}", f"IBAN: {value}", f" {value}\n",
                 fours.replace(" ", "\u00a0")]
    groups.add(f"{country} {number + 1}", value, f"an IBAN of {country}: {structure}", REGISTRY, spellings)


def refused(groups, country, structure):
    text = account(country, structure, 0)
    value = full(country, text)
    check = int(value[2:4])
    wrong = country + f"{check % 97 + 2 if check < 96 else 2:02}" + text
    if iban.is_valid(wrong, check_country=False):
        raise ValueError(wrong)
    groups.refuse(f"{country}, a wrong check digit", "iban-checksum", "the check digits are verified", CHECK, wrong)
    short, long = text[:-1], text + "0"
    rule = "every country has one length"
    groups.refuse(f"{country}, a wrong length", "iban-shape", rule, REGISTRY, full(country, short), full(country, long))
