"""Mailboxes: what each provider's help says reaches the same one, and what is kept apart."""

import idna

from .groups import Groups

# People who do not exist.
PEOPLE = [("avery", "quill"), ("noor", "vandersee"), ("tomas", "ferreiro"), ("mika", "saarelainen"), ("ines", "okonjo")]

GMAIL_DOTS = "https://support.google.com/mail/answer/7436150"
GMAIL_PLUS = "https://support.google.com/mail/answer/12096"
GMAIL_DOMAIN = "https://support.google.com/mail/answer/10313"
OUTLOOK = "https://support.microsoft.com/office/459b1989-356d-40fa-a689-8f285b13f1f2"
FASTMAIL = "https://www.fastmail.help/hc/en-us/articles/360060591053"
PROTON = "https://proton.me/support/addresses-and-aliases"
PROTON_SIGNS = "https://proton.me/support/change-username"
ICLOUD = "https://support.apple.com/118230"
YANDEX = "https://yandex.com/support/yandex-360/customers/mail/en/web/preferences/about-sender/additional-addresses"
YANDEX_HYPHEN = "https://yandex.com/support/yandex-360/customers/mail/en/web/security/strange-letters.html"
YAHOO = "https://help.yahoo.com/kb/SLN28815.html"
WRITING = "RFC 5322 (3.2.2, 3.4), RFC 6068"


def vectors():
    groups = Groups()
    for first, last in PEOPLE:
        gmail(groups, first, last)
        outlook(groups, first, last)
        fastmail(groups, first, last)
        proton(groups, first, last)
        icloud(groups, first, last)
        yandex(groups, first, last)
        yahoo(groups, first, last)
        company(groups, first, last)
    domains(groups)
    lookalikes(groups)
    refused(groups)
    return groups


def written(address):
    """One address as people write it."""
    local, domain = address.split("@")
    return [
        address,
        address.upper(),
        f"{local.title()}@{domain}",
        f"  {address}\n",
        f"mailto:{address}",
        f"MAILTO:{address}?subject=Hello",
        f"<{address}>",
        f"<mailto:{address}>",
        f"mailto://{address}",
        f"\u201c{address}\u201d",
        f"A. Person <{address}>",
        f'"Person, A." <{address}>',
        f"{address} (private)",
        f"(private) {address}",
        f'"{local}"@{domain}',
        f'"{address}"',
        f"{address};",
        f"{address}.",
        f"{local}\u200b@{domain}",
        f"\u202a{address}\u202c",
        "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else letter for letter in address),
    ]


def gmail(groups, first, last):
    name = first + last
    group = f"{name} at gmail"
    canonical = f"{name}@gmail.com"
    groups.add(group, canonical, "an address is written in many ways", WRITING, written(canonical))
    dotted = [".".join(name), f"{first}.{last}", f"{first[0]}.{first[1:]}{last}", f"{name[:-1]}.{name[-1]}"]
    dots = [f"{local}@gmail.com" for local in dotted]
    groups.add(group, canonical, "gmail ignores dots", GMAIL_DOTS, dots)
    tags = [f"{name}+{tag}@gmail.com" for tag in ("jobs", "a.b", "x+y", "2026")]
    groups.add(group, canonical, "gmail ignores what follows a plus", GMAIL_PLUS, tags)
    both = [f"{name}@googlemail.com", f"{first}.{last}+cv@GoogleMail.com", f"{first}.{last}@GMAIL.com"]
    groups.add(group, canonical, "googlemail.com is gmail.com", GMAIL_DOMAIN, both)
    for sign in "-_":
        other = f"{first}{sign}{last}@gmail.com"
        groups.add(f"{first}{sign}{last} at gmail", other, "gmail ignores dots only", GMAIL_DOTS, [other, other.upper()])


def outlook(groups, first, last):
    for domain in ("outlook.com", "hotmail.com", "live.com", "msn.com", "hotmail.co.uk", "outlook.de"):
        for local in (first + last, f"{first}.{last}", f"{first}_{last}", f"{first}-{last}"):
            canonical = f"{local}@{domain}"
            spellings = [canonical, canonical.upper(), f"{local}+jobs@{domain}", f"{local}+a+b@{domain}"]
            rule = "outlook ignores what follows a plus; dots and sibling domains count"
            groups.add(f"{local} at {domain}", canonical, rule, OUTLOOK, spellings)


def fastmail(groups, first, last):
    for domain in ("fastmail.com", "fastmail.fm", "sent.com"):
        for local in (first + last, f"{first}.{last}"):
            canonical = f"{local}@{domain}"
            group = f"{local} at {domain}"
            rule = "fastmail ignores what follows a plus; its domains are apart"
            groups.add(group, canonical, rule, FASTMAIL, [canonical, f"{local}+jobs@{domain}", f"{local}+a.b@{domain}"])
        name = first + last
        rule = "fastmail delivers a subdomain to its user"
        below = [f"jobs@{name}.{domain}", f"Any.Thing@{name.title()}.{domain}", f"a+b@{name}.{domain}"]
        groups.add(f"{name} at {domain}", f"{name}@{domain}", rule, FASTMAIL, below)


def proton(groups, first, last):
    name = first + last
    group = f"{name} at proton"
    canonical = f"{name}@proton.me"
    locals_ = [name, f"{first}.{last}", f"{first}-{last}", f"{first}_{last}", f"{first}._-{last}"]
    signs = [f"{local}@proton.me" for local in locals_[:4]]
    groups.add(group, canonical, "proton ignores dots, hyphens and underscores", PROTON_SIGNS, signs)
    plus = [f"{name}+jobs@proton.me", f"{first}.{last}+a-b@proton.me"]
    groups.add(group, canonical, "proton ignores what follows a plus", PROTON, plus)
    domains_ = [f"{local}@{domain}" for local in locals_[:2] for domain in ("protonmail.com", "pm.me", "protonmail.ch")]
    groups.add(group, canonical, "proton gives a name on its domains to one account", PROTON, domains_)


def icloud(groups, first, last):
    for local in (first + last, f"{first}.{last}", f"{first}_{last}"):
        group = f"{local} at icloud"
        spellings = [f"{local}@{domain}" for domain in ("icloud.com", "me.com", "mac.com", "ICLOUD.COM")]
        groups.add(group, f"{local}@icloud.com", "icloud has the same mailboxes on its domains", ICLOUD, spellings)
        plus = [f"{local}+jobs@icloud.com", f"{local}+a@me.com"]
        source = "RFC 5233; Apple's own pages do not say it"
        groups.add(group, f"{local}@icloud.com", "icloud ignores what follows a plus", source, plus)


def yandex(groups, first, last):
    group = f"{first}.{last} at yandex"
    canonical = f"{first}.{last}@yandex.ru"
    domains_ = ("yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz")
    same = [f"{first}.{last}@{domain}" for domain in domains_]
    groups.add(group, canonical, "yandex has the same mailboxes on its domains", YANDEX, same)
    hyphens = [f"{first}-{last}@{domain}" for domain in domains_]
    groups.add(group, canonical, "yandex takes a hyphen for a dot", YANDEX_HYPHEN, hyphens)
    plus = [f"{first}.{last}+jobs@yandex.ru", f"{first}-{last}+a@ya.ru"]
    source = "https://yandex.com/support/yandex-360/customers/mail/en/reg"
    groups.add(group, canonical, "yandex ignores what follows a plus", source, plus)
    name = first + last
    bare = [f"{name}@yandex.ru", f"{name}@ya.ru", f"{name.upper()}@yandex.com"]
    groups.add(f"{name} at yandex", f"{name}@yandex.ru", "a dot counts at yandex", YANDEX_HYPHEN, bare)


def yahoo(groups, first, last):
    for domain in ("yahoo.com", "ymail.com", "yahoo.co.uk"):
        for local in (first + last, f"{first}.{last}", f"{first}-jobs", f"{first}+jobs"):
            canonical = f"{local}@{domain}"
            rule = "yahoo has nothing that can be undone: a disposable base name is not the user's"
            groups.add(f"{local} at {domain}", canonical, rule, YAHOO, [canonical, canonical.upper(), f"<{canonical}>"])


def company(groups, first, last):
    for domain in ("corp.example", "example.org"):
        canonical = f"{first}.{last}@{domain}"
        group = f"{first}.{last} at {domain}"
        groups.add(group, canonical, "an address is written in many ways", WRITING, written(canonical))
        for local in (first + last, f"{first}-{last}", f"{first}_{last}"):
            other = f"{local}@{domain}"
            rule = "at a domain whose rule is not known, every sign counts"
            groups.add(f"{local} at {domain}", other, rule, "RFC 5321, 2.3.11", [other, other.upper()])
        tagged = f"{first}.{last}+jobs@{domain}"
        rule = "at a domain whose rule is not known a plus tag stays, and the address without it is derived"
        spellings = [tagged, tagged.upper(), f"mailto:{tagged}"]
        groups.add(f"{tagged}, tagged", tagged, rule, "RFC 5233, 1", spellings, derived=[[1, canonical]])


def domains(groups):
    """International domains, by the `idna` package."""
    for label in ("bücher", "straße", "faß", "żółw", "παράδειγμα", "пример", "例え", "실례", "münchen-büro", "café"):
        shown = f"{label}.example"
        ascii_ = idna.encode(shown, uts46=True, transitional=False).decode()
        local = "avery.quill"
        spellings = [f"{local}@{form}" for form in (shown, ascii_, shown.upper() if label not in ("straße", "faß") else shown,
                                                     ascii_.upper(), shown + ".", shown.replace(".", "\u3002"))]
        groups.add(f"{local} at {ascii_}", f"{local}@{ascii_}", "a domain is written in A-labels", "UTS 46, RFC 5891", spellings)


def lookalikes(groups):
    rule = "letters that look alike are kept apart"
    for name, local in (("latin", "sara.pace"), ("cyrillic", "ѕаrа.расе"), ("half cyrillic", "sаra.pace"), ("greek", "sαra.pace")):
        address = f"{local}@corp.example"
        groups.add(f"sara pace in {name} letters", address, rule, "UTS 39", [address, f" <{address}>", address.upper()])


def refused(groups):
    rule, source = "what is no address is refused", "RFC 5321, 4.1.2"
    groups.refuse("no at-sign", "email-no-at", rule, source, "avery.quill", "avery.quill.corp.example", "avery at corp.example")
    groups.refuse("two at-signs", "email-two-ats", rule, source, "a@b@corp.example", "a@corp.example,b@corp.example")
    groups.refuse("a bad local part", "email-local-part", rule, source, "@corp.example", ".avery@corp.example",
                  "avery.@corp.example", "a..quill@corp.example", "avery quill@corp.example", f"{'a' * 65}@corp.example")
    groups.refuse("a bad domain", "email-domain", rule, source, "avery@", "avery@localhost", "avery@192.0.2.1", "avery@[192.0.2.1]",
                  "avery@-corp.example", "avery@corp..example", "avery@corp_x.example", f"avery@{'a' * 64}.example")
    shared = "mailboxes of machines and of nobody are refused"
    groups.refuse("nobody's mailbox", "placeholder", shared, "RFC 2142", "noreply@corp.example", "No-Reply@corp.example",
                  "postmaster@corp.example", "abuse@corp.example", "MAILER-DAEMON@corp.example", "n/a", "none", "test@test.com")
    groups.refuse("a control character", "control-character", "control characters are refused", "RFC 5321, 4.1.2",
                  "avery\x00@corp.example", "avery@corp.example\x07")
