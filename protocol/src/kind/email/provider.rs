//! What each mail provider itself says reaches the same mailbox.
//!
//! Every row names the page of the provider's own help that says so, and says where no page does. A provider that is not here has no rule, and a
//! rule that is not on such a page is not here: a guess would merge two people. Version 1 of the table; changing a
//! row changes canonical forms, and with them `SCHEME_VERSION`.

use super::Mailbox;
use crate::kind::KindError;
use crate::kind::canonical::Notes;

/// One provider's documented aliasing.
struct Provider {
    name: &'static str,
    /// The domains the rules hold for.
    domains: &'static [&'static str],
    /// The one domain that all of them are the same as; `None` where each has mailboxes of its own.
    one_domain: Option<&'static str>,
    /// Whether `jane+tag` is `jane`.
    plus: bool,
    /// Signs that do not count before the at-sign.
    ignored: &'static str,
    /// Whether a hyphen is the same as a dot.
    hyphen_is_dot: bool,
    /// Whether `any@jane.domain` is `jane@domain`.
    subdomain: bool,
}

/// A provider with no aliasing at all, to fill in from.
const PLAIN: Provider = Provider {
    name: "",
    domains: &[],
    one_domain: None,
    plus: false,
    ignored: "",
    hyphen_is_dot: false,
    subdomain: false,
};

const PROVIDERS: [Provider; 7] = [
    // Dots: https://support.google.com/mail/answer/7436150
    // Plus: https://support.google.com/mail/answer/12096; googlemail: https://support.google.com/mail/answer/10313
    Provider {
        name: "gmail",
        domains: &["gmail.com", "googlemail.com"],
        one_domain: Some("gmail.com"),
        plus: true,
        ignored: ".",
        ..PLAIN
    },
    // Plus: https://support.microsoft.com/office/459b1989-356d-40fa-a689-8f285b13f1f2, which has Hotmail, Live, Outlook.com
    // and MSN addresses as aliases of their own, so that sibling domains stay apart. No page says that dots do not count.
    // The country domains are Microsoft's by their MX records, and no page lists them.
    Provider { name: "outlook", domains: OUTLOOK, plus: true, ..PLAIN },
    // Plus and subdomains: https://www.fastmail.help/hc/en-us/articles/360060591053
    // Domains: https://www.fastmail.help/hc/en-us/articles/6239365719055
    Provider { name: "fastmail", domains: FASTMAIL, plus: true, subdomain: true, ..PLAIN },
    // Dots, hyphens, underscores: https://proton.me/support/change-username ("treated as transparent by our service")
    // Plus, and the short and the old form of one's own address: https://proton.me/support/addresses-and-aliases
    // That a name on one of the four is nobody else's on another is not on that page: it calls them additional addresses of
    // the same account.
    Provider {
        name: "proton",
        domains: &["proton.me", "protonmail.com", "protonmail.ch", "pm.me"],
        one_domain: Some("proton.me"),
        plus: true,
        ignored: ".-_",
        ..PLAIN
    },
    // me, mac and icloud: https://support.apple.com/118230 (once HT201771)
    // Plus: no page of Apple's says it; its servers do it (RFC 5233), as many users report.
    Provider {
        name: "icloud",
        domains: &["icloud.com", "me.com", "mac.com"],
        one_domain: Some("icloud.com"),
        plus: true,
        ..PLAIN
    },
    // All under https://yandex.com/support/yandex-360/customers/mail/en/
    // Domains: web/preferences/about-sender/additional-addresses (ru, by, kz and ya.ru; the others were given out before)
    // Hyphen and dot: web/security/strange-letters.html; plus: reg
    Provider {
        name: "yandex",
        domains: YANDEX,
        one_domain: Some("yandex.ru"),
        plus: true,
        hyphen_is_dot: true,
        ..PLAIN
    },
    // Nothing: the base name of a disposable address is not the user's name, so that nothing can be undone.
    // https://help.yahoo.com/kb/SLN28815.html
    Provider { name: "yahoo", domains: YAHOO, ..PLAIN },
];

const OUTLOOK: &[&str] = &[
    "hotmail.be",
    "hotmail.ca",
    "hotmail.ch",
    "hotmail.cl",
    "hotmail.co.id",
    "hotmail.co.il",
    "hotmail.co.in",
    "hotmail.co.jp",
    "hotmail.co.kr",
    "hotmail.co.nz",
    "hotmail.co.th",
    "hotmail.co.uk",
    "hotmail.co.za",
    "hotmail.com",
    "hotmail.com.ar",
    "hotmail.com.au",
    "hotmail.com.br",
    "hotmail.com.hk",
    "hotmail.com.tr",
    "hotmail.com.tw",
    "hotmail.com.vn",
    "hotmail.cz",
    "hotmail.de",
    "hotmail.dk",
    "hotmail.es",
    "hotmail.fi",
    "hotmail.fr",
    "hotmail.gr",
    "hotmail.hu",
    "hotmail.it",
    "hotmail.jp",
    "hotmail.lt",
    "hotmail.lv",
    "hotmail.my",
    "hotmail.nl",
    "hotmail.no",
    "hotmail.ph",
    "hotmail.rs",
    "hotmail.se",
    "hotmail.sg",
    "hotmail.sk",
    "live.at",
    "live.be",
    "live.ca",
    "live.ch",
    "live.cl",
    "live.cn",
    "live.co.kr",
    "live.co.uk",
    "live.co.za",
    "live.com",
    "live.com.ar",
    "live.com.au",
    "live.com.mx",
    "live.com.my",
    "live.com.ph",
    "live.com.pt",
    "live.com.sg",
    "live.de",
    "live.dk",
    "live.fi",
    "live.fr",
    "live.hk",
    "live.ie",
    "live.in",
    "live.it",
    "live.jp",
    "live.nl",
    "live.no",
    "live.ru",
    "live.se",
    "msn.com",
    "outlook.at",
    "outlook.be",
    "outlook.cl",
    "outlook.co.id",
    "outlook.co.il",
    "outlook.co.nz",
    "outlook.co.th",
    "outlook.com",
    "outlook.com.ar",
    "outlook.com.au",
    "outlook.com.br",
    "outlook.com.gr",
    "outlook.com.pe",
    "outlook.com.tr",
    "outlook.com.vn",
    "outlook.cz",
    "outlook.de",
    "outlook.dk",
    "outlook.es",
    "outlook.fr",
    "outlook.hu",
    "outlook.ie",
    "outlook.in",
    "outlook.it",
    "outlook.jp",
    "outlook.kr",
    "outlook.lv",
    "outlook.my",
    "outlook.ph",
    "outlook.pt",
    "outlook.sa",
    "outlook.sg",
    "outlook.sk",
    "windowslive.com",
];

const FASTMAIL: &[&str] = &[
    "123mail.org",
    "150mail.com",
    "150ml.com",
    "16mail.com",
    "2-mail.com",
    "4email.net",
    "50mail.com",
    "airpost.net",
    "allmail.net",
    "cluemail.com",
    "elitemail.org",
    "emailcorner.net",
    "emailengine.net",
    "emailengine.org",
    "emailgroups.net",
    "emailplus.org",
    "emailuser.net",
    "eml.cc",
    "f-m.fm",
    "fast-email.com",
    "fast-mail.org",
    "fastem.com",
    "fastemail.us",
    "fastemailer.com",
    "fastest.cc",
    "fastimap.com",
    "fastmail.cn",
    "fastmail.co.uk",
    "fastmail.com",
    "fastmail.com.au",
    "fastmail.de",
    "fastmail.es",
    "fastmail.fm",
    "fastmail.fr",
    "fastmail.im",
    "fastmail.in",
    "fastmail.jp",
    "fastmail.mx",
    "fastmail.net",
    "fastmail.nl",
    "fastmail.org",
    "fastmail.se",
    "fastmail.to",
    "fastmail.tw",
    "fastmail.uk",
    "fastmail.us",
    "fastmailbox.net",
    "fastmessaging.com",
    "fea.st",
    "fmail.co.uk",
    "fmailbox.com",
    "fmgirl.com",
    "fmguy.com",
    "ftml.net",
    "hailmail.net",
    "imap-mail.com",
    "imap.cc",
    "imapmail.org",
    "inoutbox.com",
    "internet-e-mail.com",
    "internet-mail.org",
    "internetemails.net",
    "internetmailing.net",
    "jetemail.net",
    "justemail.net",
    "letterboxes.org",
    "mail-central.com",
    "mail-page.com",
    "mailandftp.com",
    "mailas.com",
    "mailbolt.com",
    "mailc.net",
    "mailcan.com",
    "mailforce.net",
    "mailftp.com",
    "mailhaven.com",
    "mailingaddress.org",
    "mailite.com",
    "mailmight.com",
    "mailnew.com",
    "mailsent.net",
    "mailservice.ms",
    "mailup.net",
    "mailworks.org",
    "ml1.net",
    "mm.st",
    "myfastmail.com",
    "mymacmail.com",
    "nospammail.net",
    "ownmail.net",
    "petml.com",
    "postinbox.com",
    "postpro.net",
    "proinbox.com",
    "promessage.com",
    "realemail.net",
    "reallyfast.biz",
    "reallyfast.info",
    "rushpost.com",
    "sent.as",
    "sent.at",
    "sent.com",
    "speedpost.net",
    "speedymail.org",
    "ssl-mail.com",
    "swift-mail.com",
    "the-fastest.net",
    "the-quickest.com",
    "theinternetemail.com",
    "veryfast.biz",
    "veryspeedy.net",
    "warpmail.net",
    "xsmail.com",
    "yepmail.net",
    "your-mail.com",
];

const YANDEX: &[&str] = &[
    "ya.ru",
    "yandex.az",
    "yandex.by",
    "yandex.co.il",
    "yandex.com",
    "yandex.com.am",
    "yandex.com.ge",
    "yandex.com.tr",
    "yandex.ee",
    "yandex.fr",
    "yandex.kg",
    "yandex.kz",
    "yandex.lt",
    "yandex.lv",
    "yandex.md",
    "yandex.ru",
    "yandex.tj",
    "yandex.tm",
    "yandex.ua",
    "yandex.uz",
];

const YAHOO: &[&str] = &[
    "myyahoo.com",
    "rocketmail.com",
    "yahoo.at",
    "yahoo.be",
    "yahoo.bg",
    "yahoo.ca",
    "yahoo.cl",
    "yahoo.co.id",
    "yahoo.co.il",
    "yahoo.co.in",
    "yahoo.co.jp",
    "yahoo.co.kr",
    "yahoo.co.nz",
    "yahoo.co.th",
    "yahoo.co.uk",
    "yahoo.co.za",
    "yahoo.com",
    "yahoo.com.ar",
    "yahoo.com.au",
    "yahoo.com.br",
    "yahoo.com.cn",
    "yahoo.com.co",
    "yahoo.com.hk",
    "yahoo.com.mx",
    "yahoo.com.my",
    "yahoo.com.pe",
    "yahoo.com.ph",
    "yahoo.com.sg",
    "yahoo.com.tr",
    "yahoo.com.tw",
    "yahoo.com.ua",
    "yahoo.com.ve",
    "yahoo.com.vn",
    "yahoo.cz",
    "yahoo.de",
    "yahoo.dk",
    "yahoo.ee",
    "yahoo.es",
    "yahoo.fi",
    "yahoo.fr",
    "yahoo.gr",
    "yahoo.hr",
    "yahoo.hu",
    "yahoo.ie",
    "yahoo.in",
    "yahoo.it",
    "yahoo.lt",
    "yahoo.lv",
    "yahoo.nl",
    "yahoo.no",
    "yahoo.pl",
    "yahoo.pt",
    "yahoo.ro",
    "yahoo.se",
    "yahoo.sk",
    "ymail.com",
];

/// The mailbox that an address at a known provider reaches; `None` where the provider is not known.
pub(super) fn undo_aliases(mailbox: &Mailbox, notes: &mut Notes) -> Option<Result<Mailbox, KindError>> {
    let (provider, user) = find(&mailbox.domain)?;
    if let Some((user, domain)) = user {
        notes.add(format!("{} delivers a subdomain to its user", provider.name));
        return Some(provider.mailbox(user, domain, notes));
    }
    Some(provider.mailbox(&mailbox.local, &mailbox.domain, notes))
}

/// Whether a domain is a known provider's, rules or none.
pub(super) fn is_known(domain: &str) -> bool {
    find(domain).is_some()
}

/// The provider of a domain, and the user and domain where the domain is a user's own below the provider's.
fn find(domain: &str) -> Option<(&'static Provider, Option<(&str, &str)>)> {
    PROVIDERS.iter().find_map(|provider| {
        if provider.domains.contains(&domain) {
            return Some((provider, None));
        }
        let (user, parent) = domain.split_once('.')?;
        let is_users = provider.subdomain && user != "www" && provider.domains.contains(&parent);
        is_users.then_some((provider, Some((user, parent))))
    })
}

impl Provider {
    fn mailbox(&self, local: &str, domain: &str, notes: &mut Notes) -> Result<Mailbox, KindError> {
        let base = if self.plus { local.split('+').next().unwrap_or_default() } else { local };
        if base != local {
            notes.add(format!("{} ignores what follows a plus", self.name));
        }
        let mut user: String = base.chars().filter(|&letter| !self.ignored.contains(letter)).collect();
        if user != base {
            notes.add(format!("{} ignores {}", self.name, self.ignored_in_words()));
        }
        if self.hyphen_is_dot && user.contains('-') {
            notes.add(format!("{} takes a hyphen for a dot", self.name));
            user = user.replace('-', ".");
        }
        if !super::parse::is_local_part(&user) {
            return Err(KindError::EmailLocalPart);
        }
        let one_domain = self.one_domain.unwrap_or(domain);
        if one_domain != domain {
            notes.add(format!("{} has the same mailboxes on all its domains", self.name));
        }
        Ok(Mailbox { local: user, domain: one_domain.to_owned() })
    }

    fn ignored_in_words(&self) -> &'static str {
        if self.ignored == "." { "dots" } else { "dots, hyphens and underscores" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_domain_has_two_providers() {
        let mut domains: Vec<_> = PROVIDERS.iter().flat_map(|provider| provider.domains).collect();
        let count = domains.len();
        domains.sort_unstable();
        domains.dedup();
        assert_eq!(domains.len(), count);
    }
}
