"""Makes the vectors in groups, `tests/vectors/kind/<kind>.groups.jsonl`, and the forms of the resumes in `resume.jsonl`:
the same ones on every run.

A group is one identifier in several spellings: all of them have one canonical form, and no other group of the kind has
it. What a canonical form has to be comes from how the group was made and from other people's packages (checksums, IDNA,
public suffixes, IBAN registry), never from our own code. Each line says which rule it shows and where the rule is from.

    python tests/vectors/generate.py            write the files
    python tests/vectors/generate.py --check    fail where a file is not what this makes

The packages are pinned in `tests/differential/requirements.txt`.
"""

import sys
from pathlib import Path

from make import address, bank, domain, email, ip, profile, resume, wallet

KINDS = {
    "address": address,
    "bank": bank,
    "domain": domain,
    "email": email,
    "ip": ip,
    "profile": profile,
    "wallet": wallet,
}

FOLDER = Path(__file__).parent / "kind"


def main() -> int:
    checking = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not checking:
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    total = 0
    stale = []

    def put(name, lines):
        text = "".join(line + "\n" for line in lines)
        path = FOLDER / name
        if checking and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(path.name)
        elif not checking:
            path.write_text(text, encoding="utf-8")

    for kind, maker in KINDS.items():
        lines = maker.vectors().lines()
        total += len(lines)
        put(f"{kind}.groups.jsonl", lines)
        print(f"{kind}: {len(lines)} vectors")
    lines, bands = resume.rewritten((FOLDER / "resume.jsonl").read_text(encoding="utf-8").splitlines())
    put("resume.jsonl", lines)
    put("resume.bands.txt", bands)
    print(f"resume: {len(lines)} vectors")
    for name in stale:
        print(f"{name} is not what generate.py makes", file=sys.stderr)
    print(f"vectors in groups: {total}, {len(stale)} files differ")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
