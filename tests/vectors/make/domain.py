"""Registrable domains, by the packages `publicsuffixlist` and `idna`."""

import idna
from publicsuffixlist import PublicSuffixList

from .groups import Groups

LIST = "https://publicsuffix.org/list/"
PSL = PublicSuffixList()

NAMES = ["corp.example", "quill-labs.example", "shop.test", "example.co.uk", "example.com.au", "example.co.jp", "example.com.br",
         "example.gov.uk", "example.k12.ca.us", "example.org", "example.co.in", "example.co.ck", "www.ck", "example.pvt.k12.ma.us",
         "example.github.io", "other.github.io", "example.blogspot.com", "example.s3.amazonaws.com", "example.pages.dev",
         "example.herokuapp.com", "example.netlify.app", "example.vercel.app", "example.azurewebsites.net", "example.co.at"]
SHOWN = ["bücher.example", "straße.example", "παράδειγμα.example", "пример.example", "例え.example", "café.example", "żółw.example"]


def vectors():
    groups = Groups()
    for name in NAMES:
        one(groups, name, name)
    for shown in SHOWN:
        ascii_ = idna.encode(shown, uts46=True, transitional=False).decode()
        one(groups, ascii_, shown)
        rule = "a domain is written in A-labels"
        spellings = [shown, ascii_, ascii_.upper(), f"www.{shown}", shown.replace(".", "\u3002"), f"https://{shown}/x"]
        groups.add(ascii_, ascii_, rule, "UTS 46, RFC 5891", spellings)
    rule = "letters that look alike are kept apart"
    for name in ("раypal-jobs.example", "paypal-jobs.example", "раура1-jobs.example"):
        ascii_ = idna.encode(name, uts46=True).decode()
        groups.add(ascii_, ascii_, rule, "UTS 39", [name, f"https://{name}/", f"careers.{name}"])
    refused(groups)
    return groups


def one(groups, name, written):
    if PSL.privatesuffix(f"a.b.{name}") != name:
        raise ValueError(f"{name}: the list has {PSL.privatesuffix(f'a.b.{name}')}")
    spellings = [written, f"{written}.", f"{name.upper()}", f"a.b.{written}", f"https://{written}", f"http://jobs.{written}:8080/a?b#c",
                 f"//{written}/path", f"*.{written}", f" {written} ", f"hxxps://{written.replace('.', '[.]')}/x",
                 f"{written}:443", f"\u200b{written}", f"<https://{written}>", f"({written})", f'"{written}"', f"\u201c{written}\u201d", f"{written},"]
    rule = "every host and page of one registrant is one domain"
    groups.add(name, name, rule, LIST, spellings)


def refused(groups):
    rule = "a suffix under which everybody registers is nobody's"
    groups.refuse("a suffix", "domain-is-suffix", rule, LIST, "co.uk", "com.au", "github.io", "k12.ca.us", "s3.amazonaws.com", "example.kawasaki.jp")
    rule = "an address is no domain"
    groups.refuse("an address", "domain-is-ip", rule, "RFC 1123, 2.1", "192.0.2.1", "https://192.0.2.1/x", "[2001:db8::1]", "https://[2001:db8::1]:80/")
    rule = "what is no host name is refused"
    groups.refuse("no name", "domain-invalid", rule, "RFC 1123, UTS 46 with STD3 rules", "localhost", "corp", "-corp.example", "corp-.example",
                  "corp..example", "corp_x.example", f"{'a' * 64}.example", "avery@corp.example", "ftp://corp.example", "a b.example", "1.2.3", "xn--a.example")
    rule = "domains where crowds have their mailboxes and pages are nobody's"
    groups.refuse("a crowd", "placeholder", rule, "protocol/data/denylist.txt", "gmail.com", "https://www.linkedin.com/in/avery", "mail.yahoo.com", "t.me")
