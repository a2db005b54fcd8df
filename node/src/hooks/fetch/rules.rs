//! Where a hook's client may go: hosts by name, and exact places that the operator named as local.

use std::fmt;

use url::{Host, Url};

/// The port of `https`, where a rule names no other.
const HTTPS: u16 = 443;

/// A host that may be asked: `files.example.com`, `*.example.com` or either with a port.
#[derive(Clone, Eq, PartialEq)]
pub struct HostRule {
    /// Lower-case, without the star and its dot.
    name: String,
    /// Whether any name below it will do, and not the name itself.
    below: bool,
    port: u16,
}

impl fmt::Debug for HostRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}:{}", if self.below { "*." } else { "" }, self.name, self.port)
    }
}

impl HostRule {
    /// Reads a rule as it is written in the configuration.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            // An IPv6 address has colons of its own, inside of brackets.
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok().filter(|port| *port > 0)?),
            _ => (text, HTTPS),
        };
        let (name, below) = name.strip_prefix("*.").map_or((name, false), |name| (name, true));
        // A star above a whole country's names, or above all, would allow everybody.
        let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.[:]".contains(c);
        let real = !name.is_empty() && name.len() <= 253 && name.chars().all(right) && !name.starts_with('.');
        (real && (!below || name.contains('.'))).then(|| Self { name: name.to_owned(), below, port })
    }

    /// The exact place that an address leads to.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        Some(Self { name: url.host_str()?.to_owned(), below: false, port: url.port_or_known_default()? })
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        let name = match self.below {
            true => host.strip_suffix(&self.name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            false => host == self.name,
        };
        name && port == self.port
    }
}

/// The rules of one client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    /// Public hosts, by TLS only.
    pub(crate) hosts: Vec<HostRule>,
    /// Places in the operator's own network: private addresses and no TLS are the operator's word.
    pub(crate) local: Vec<HostRule>,
}

/// What a permitted request may reach.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reach {
    Public,
    Local,
}

impl Rules {
    /// Whether a web address may be asked, or why not.
    pub(super) fn permit(&self, url: &Url) -> Result<Reach, &'static str> {
        let host = url.host_str().ok_or("an address names no host")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address carries a name or a password");
        }
        if let Some(Host::Domain(name)) = url.host()
            && name.ends_with('.')
        {
            return Err("an address names a host with a dot at its end");
        }
        self.reach(url.scheme(), host, url.port_or_known_default().unwrap_or(0))
    }

    /// The same from the parts that a connection is made by.
    pub(super) fn reach(&self, scheme: &str, host: &str, port: u16) -> Result<Reach, &'static str> {
        if self.local.iter().any(|rule| rule.covers(host, port)) && ["http", "https"].contains(&scheme) {
            return Ok(Reach::Local);
        }
        if scheme != "https" {
            return Err("an address is not https");
        }
        match self.hosts.iter().any(|rule| rule.covers(host, port)) {
            true => Ok(Reach::Public),
            false => Err("an address leads to a host that is not allowed; add it to hosts of this hook in larum.toml"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn rules(hosts: &[&str], local: &[&str]) -> Rules {
        let parse = |rules: &[&str]| rules.iter().map(|rule| HostRule::parse(rule).unwrap()).collect();
        Rules { hosts: parse(hosts), local: parse(local) }
    }

    #[test]
    fn only_allowed_hosts_are_reached_and_only_by_tls() {
        let rules = rules(&["*.s3.example.com", "api.example.com", "odd.example.com:8443"], &["127.0.0.1:8123"]);
        let permits = |url: &str| rules.permit(&url.parse().unwrap());
        for url in [
            "https://bucket.s3.example.com/x?y=z",
            "https://a.b.s3.example.com/",
            "https://API.example.com/",
            "https://api.example.com:443/",
            "https://odd.example.com:8443/",
        ] {
            assert_eq!(permits(url), Ok(Reach::Public), "{url}");
        }
        for url in [
            "http://api.example.com/",
            "https://api.example.com:8443/",
            "https://odd.example.com/",
            "https://s3.example.com/",
            "https://evils3.example.com/",
            "https://api.example.com.example.net/",
            "https://api.example.com./",
            "https://user@api.example.com/",
            "https://:word@api.example.com/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://2130706433/",
            "ftp://api.example.com/",
            "file:///etc/passwd",
            "data:text/plain,x",
            "http://127.0.0.1:8124/",
            "http://localhost:8123/",
        ] {
            assert!(permits(url).is_err(), "{url}");
        }
        assert_eq!(permits("http://127.0.0.1:8123/x"), Ok(Reach::Local));
    }

    #[test]
    fn a_rule_that_would_allow_too_much_is_none() {
        for text in
            ["", "*", "*.", "*.com", "a/b", "https://a.example", "A.example", "a.example:0", "a.example:x", ".a"]
        {
            assert_eq!(HostRule::parse(text), None, "{text}");
        }
        assert!(HostRule::parse("*.example.com").is_some() && HostRule::parse("[::1]:80").is_some());
    }
}
