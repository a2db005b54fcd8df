//! The platforms: their hosts, the pages that lead to an account, and what their handles are made of.
//!
//! One row each. A new platform is a new row; a row is changed only with the scheme version.

use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::kind::KindError;

/// What a platform's handles are made of.
#[derive(Clone, Copy)]
pub(super) enum Letters {
    /// A number.
    Digits,
    /// Letters and digits of ASCII and these signs.
    Ascii(&'static str),
    /// Letters of any script.
    AnyScript,
}

/// One platform's rules.
pub(super) struct Platform {
    /// Its name in a canonical text.
    pub(super) name: &'static str,
    /// Other names that people write.
    others: &'static [&'static str],
    /// Its domains; hosts below them are the same site (countries, languages, mobile pages) unless they are users'.
    domains: &'static [&'static str],
    /// Domains below which each host is a user's.
    user_domains: &'static [&'static str],
    /// What stands in a path before the handle, longest first; the empty one for a handle at the root.
    routes: &'static [&'static str],
    /// What stands before a handle at the root, and tells it from the platform's other pages; empty where nothing does.
    pub(super) sigil: &'static str,
    /// Whether each host below the domains is a site with accounts of its own.
    hosts_are_apart: bool,
    /// A parameter of the query that holds the handle, and the first parts of the paths on which it does: elsewhere the path
    /// leads to an account of its own, whatever stands behind it.
    parameter: Option<(&'static str, &'static [&'static str])>,
    pub(super) letters: Letters,
    pub(super) length: RangeInclusive<usize>,
    /// First parts of the platform's own pages, never handles.
    pub(super) reserved: &'static [&'static str],
    /// Ids beside the handles, whose case counts; the canonical spelling of one.
    pub(super) opaque: fn(&str) -> Option<String>,
}

/// A handle found in a path.
pub(super) struct Found {
    pub(super) handle: String,
    /// Whether more of the path follows it.
    pub(super) is_deeper: bool,
}

impl Platform {
    /// The handle in the parts of a path.
    pub(super) fn find(&self, segments: &[&str], query: &str) -> Option<Found> {
        if let Some((name, pages)) = self.parameter
            && segments.first().is_some_and(|first| pages.contains(&first.to_lowercase().as_str()))
            && let Some(handle) = parameter(query, name)
        {
            return Some(Found { handle: handle.to_owned(), is_deeper: true });
        }
        self.routes.iter().find_map(|route| {
            let before: Vec<&str> = route.split('/').filter(|part| !part.is_empty()).collect();
            let same = |(part, segment): (&&str, &&str)| *part == "*" || part.eq_ignore_ascii_case(segment);
            let handle = segments.get(before.len()).filter(|_| before.iter().zip(segments).all(same))?;
            // Whoever opens `discord.com/users/@me` sees their own account.
            let handle = Some(handle).filter(|handle| self.name != "discord" || **handle != "@me")?;
            let is_handle = !before.is_empty() || (handle.starts_with(self.sigil) && !self.is_reserved(handle));
            is_handle.then(|| Found { handle: (*handle).to_owned(), is_deeper: segments.len() > before.len() + 1 })
        })
    }

    fn is_reserved(&self, segment: &str) -> bool {
        let lower = segment.to_lowercase();
        self.reserved.contains(&lower.as_str())
            // The first part of a longer route.
            || self.routes.iter().any(|route| route.split('/').next().is_some_and(|first| first == lower))
    }

    /// The rule that changed a handle, in words.
    pub(super) fn case_note(&self) -> &'static str {
        match self.name {
            "linkedin" => "linkedin ignores case",
            "github" => "github ignores case",
            "gitlab" => "gitlab ignores case",
            "telegram" => "telegram ignores case",
            "x" => "x ignores case",
            _ => "the platform ignores case",
        }
    }
}

pub(super) fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The platform that goes by a name, case aside.
pub(super) fn by_name(name: &str) -> Option<&'static Platform> {
    let name = name.trim().to_ascii_lowercase();
    PLATFORMS.iter().find(|platform| platform.name == name || platform.others.contains(&name.as_str()))
}

/// The platform that a host in lower case belongs to, and the user where the host is a user's.
pub(super) fn by_host<'a>(host: &'a str) -> Option<(&'static Platform, Option<&'a str>)> {
    PLATFORMS.iter().find_map(|platform| {
        let of_user = platform.user_domains.iter().find_map(|domain| below(host, domain));
        // `link.medium.com` holds everybody's short links.
        let of_user = of_user
            .filter(|user| !matches!(*user, "www" | "m" | "help" | "blog" | "about" | "api" | "link" | "policy"));
        if let Some(user) = of_user {
            return (!user.contains('.')).then_some((platform, Some(user)));
        }
        let is_own = platform.domains.iter().any(|domain| {
            // `www.br.freelancer.com`, `touch.www.linkedin.com`.
            let bare =
                |label: &'a str| label.strip_prefix("www.").or_else(|| label.strip_suffix(".www")).unwrap_or(label);
            let is_same = |label| label == "www" || (is_site(bare(label)) && !platform.hosts_are_apart);
            host == *domain || below(host, domain).is_some_and(is_same)
        });
        is_own.then_some((platform, None))
    })
}

fn below<'a>(host: &'a str, domain: &str) -> Option<&'a str> {
    host.strip_suffix(domain)?.strip_suffix('.')
}

/// Whether the first label of a host is one of those under which a platform shows the same pages.
fn is_site(label: &str) -> bool {
    // Countries and languages: br, pt, pt-br.
    let is_locale = matches!(label.len(), 2 | 5)
        && label.split('-').all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    is_locale
        || matches!(
            label,
            "www" | "m" | "mobile" | "touch" | "web" | "old" | "gist" | "app" | "mbasic" | "lm" | "ptb" | "canary"
        )
}

/// Whether a path on GitHub's host for gists leads to a gist without naming its owner, or to a list of gists.
pub(super) fn is_gist(path: &str) -> bool {
    let first = path.split('/').find(|part| !part.is_empty()).unwrap_or_default();
    let is_id = matches!(first.len(), 20 | 32) && first.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id || matches!(first, "discover" | "forked" | "search" | "starred")
}

/// Why a host is no platform's: it has the platform's other pages or another site's accounts, it looks like one's, or it
/// is simply another site.
pub(super) fn unknown_host(host: &str) -> KindError {
    let own = |platform: &&Platform| platform.domains.iter().any(|domain| below(host, domain).is_some());
    match PLATFORMS.iter().find(own) {
        Some(platform) if platform.hosts_are_apart => return KindError::ProfileUnknownPlatform,
        Some(_) => return KindError::ProfileReserved,
        None if host == "leetcode.cn" || below(host, "leetcode.cn").is_some() => {
            return KindError::ProfileUnknownPlatform;
        }
        None => {}
    }
    let (shown, _) = idna::domain_to_unicode(host);
    let skeleton: String = shown.nfd().filter(|&letter| !is_combining_mark(letter)).map(skeleton).collect();
    let looks_alike = PLATFORMS.iter().flat_map(|platform| platform.domains).any(|domain| {
        let name = domain.split('.').next().unwrap_or_default();
        name.len() > 3 && skeleton.contains(&name.chars().map(self::skeleton).collect::<String>())
    });
    if looks_alike { KindError::ProfileLookalike } else { KindError::ProfileUnknownPlatform }
}

/// The one letter that stands for those that look like it, accents dropped before (after the confusables of UTS 39, those
/// that matter here).
fn skeleton(letter: char) -> char {
    match letter {
        '0' | 'о' | 'ο' => 'o',
        '1' | 'l' | '|' | 'і' | 'ı' | 'ι' | 'ӏ' => 'i',
        'а' | 'α' => 'a',
        'е' | '3' => 'e',
        'с' => 'c',
        'р' | 'ρ' => 'p',
        'ԁ' => 'd',
        'к' | 'κ' => 'k',
        'ո' => 'n',
        'т' | 'τ' => 't',
        'ь' => 'b',
        'у' | 'ү' => 'y',
        'һ' => 'h',
        '5' | 'ѕ' => 's',
        'ɡ' => 'g',
        other => other,
    }
}

fn none(_: &str) -> Option<String> {
    None
}

/// Member ids of LinkedIn (`ACoAA...`, `AEMAA...`): URL-safe base64 whose case counts.
fn linkedin_id(written: &str) -> Option<String> {
    let is_id = written.len() >= 20
        && ["ACo", "ACw", "AEM", "ADo"].iter().any(|start| written.starts_with(start))
        && written.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_id.then(|| written.to_owned())
}

/// Channel ids of YouTube: `UC` and 22 letters, case counts; old custom addresses, which are not handles.
fn youtube_id(written: &str) -> Option<String> {
    let is_channel = written.len() == 24
        && written.starts_with("UC")
        && written.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_channel.then(|| written.to_owned())
}

/// Names of Discord from before 2023, `name#1234`, in which case counts and runs of blanks do not ("usernames are
/// sanitized and trimmed of leading, trailing, and excessive internal whitespace", its reference of users).
fn discord_legacy(written: &str) -> Option<String> {
    let (name, number) = written.strip_prefix('@').unwrap_or(written).rsplit_once('#')?;
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_legacy = number.len() == 4
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && (2..=32).contains(&name.chars().count())
        && !name.contains(['@', '#', ':', '`', '/'])
        // A dot in brackets is a defanged one wherever a value is read.
        && !name.contains("[.]")
        && !name.contains("(.)");
    is_legacy.then(|| format!("{name}#{number}"))
}

const NONE: Platform = Platform {
    name: "",
    others: &[],
    domains: &[],
    user_domains: &[],
    routes: &[""],
    sigil: "",
    hosts_are_apart: false,
    parameter: None,
    letters: Letters::Ascii("-_."),
    length: 1..=64,
    reserved: &[],
    opaque: none,
};

static PLATFORMS: [Platform; 22] = [
    Platform {
        name: "behance",
        domains: &["behance.net"],
        letters: Letters::AnyScript,
        reserved: &["gallery", "search", "joblist", "hire", "assets", "live", "blog", "galleries", "pro", "about"],
        ..NONE
    },
    Platform {
        name: "bitbucket",
        domains: &["bitbucket.org"],
        letters: Letters::Ascii("-_"),
        reserved: &["account", "dashboard", "product", "blog", "support", "repo", "site", "workspaces", "snippets"],
        ..NONE
    },
    Platform {
        name: "discord",
        domains: &["discord.com", "discordapp.com"],
        routes: &["users"],
        letters: Letters::Ascii("_."),
        length: 2..=32,
        reserved: &["everyone", "here"],
        opaque: discord_legacy,
        ..NONE
    },
    Platform {
        name: "dribbble",
        domains: &["dribbble.com"],
        letters: Letters::Ascii("-_"),
        reserved: &["shots", "designers", "jobs", "search", "signup", "session", "about", "tags", "pro", "stories"],
        ..NONE
    },
    Platform {
        name: "facebook",
        others: &["fb"],
        domains: &["facebook.com", "fb.com"],
        routes: &["people/*", ""],
        parameter: Some(("id", &["profile.php", "story.php", "permalink.php"])),
        letters: Letters::Ascii("."),
        length: 3..=50,
        reserved: &[
            "ads",
            "bookmarks",
            "business",
            "dialog",
            "events",
            "friends",
            "games",
            "gaming",
            "groups",
            "hashtag",
            "help",
            "home.php",
            "homephp",
            "l.php",
            "live",
            "login",
            "login.php",
            "loginphp",
            "lphp",
            "marketplace",
            "media",
            "messages",
            "notes",
            "pages",
            "people",
            "permalink.php",
            "permalinkphp",
            "photo",
            "photophp",
            "photos",
            "plugins",
            "policies",
            "privacy",
            "profile.php",
            "profilephp",
            "public",
            "r.php",
            "recover",
            "reel",
            "reels",
            "rphp",
            "share",
            "sharer",
            "sharer.php",
            "sharerphp",
            "stories",
            "story.php",
            "storyphp",
            "tr",
            "video.php",
            "videophp",
            "watch",
        ],
        ..NONE
    },
    Platform {
        name: "fiverr",
        domains: &["fiverr.com"],
        routes: &["users", "sellers", ""],
        letters: Letters::Ascii("_"),
        reserved: &[
            "agencies",
            "business",
            "categories",
            "cp",
            "freelancers",
            "gig_page",
            "gigs",
            "hire",
            "inbox",
            "join",
            "levels",
            "linker",
            "login",
            "orders",
            "partnerships",
            "pro",
            "resources",
            "s",
            "s2",
            "search",
            "share",
            "start_selling",
            "stores",
            "support",
        ],
        ..NONE
    },
    Platform {
        name: "freelancer",
        domains: &[
            "freelancer.com",
            "freelancer.com.au",
            "freelancer.ca",
            "freelancer.cl",
            "freelancer.co.id",
            "freelancer.co.nz",
            "freelancer.co.uk",
            "freelancer.com.bd",
            "freelancer.com.pe",
            "freelancer.de",
            "freelancer.es",
            "freelancer.hk",
            "freelancer.in",
            "freelancer.jp",
            "freelancer.mx",
            "freelancer.ng",
            "freelancer.ph",
            "freelancer.pk",
            "freelancer.se",
            "freelancer.sg",
            "freelancer.uk",
        ],
        routes: &["u", "freelancers/u"],
        letters: Letters::Ascii("-_"),
        ..NONE
    },
    Platform {
        name: "github",
        others: &["gh"],
        domains: &["github.com"],
        user_domains: &["github.io"],
        letters: Letters::Ascii("-_"),
        length: 1..=39,
        reserved: &[
            "400",
            "401",
            "402",
            "403",
            "404",
            "500",
            "501",
            "502",
            "503",
            "about",
            "access",
            "account",
            "admin",
            "advisories",
            "anonymous",
            "any",
            "api",
            "apps",
            "attributes",
            "auth",
            "billing",
            "blob",
            "blog",
            "bounty",
            "branches",
            "business",
            "businesses",
            "cache",
            "case-studies",
            "categories",
            "central",
            "certification",
            "changelog",
            "cla",
            "cloud",
            "codereview",
            "codespaces",
            "collection",
            "collections",
            "comments",
            "commit",
            "commits",
            "community",
            "companies",
            "compare",
            "contact",
            "contributing",
            "cookbook",
            "copilot",
            "coupons",
            "customer",
            "customer-stories",
            "customers",
            "dashboard",
            "dashboards",
            "design",
            "develop",
            "developer",
            "diff",
            "discover",
            "discussions",
            "docs",
            "downloads",
            "downtime",
            "editor",
            "editors",
            "edu",
            "enterprise",
            "events",
            "explore",
            "featured",
            "features",
            "files",
            "fixtures",
            "forked",
            "garage",
            "gist",
            "gists",
            "git-guides",
            "graphs",
            "guide",
            "guides",
            "help",
            "help-wanted",
            "home",
            "hooks",
            "hosting",
            "hovercards",
            "identity",
            "images",
            "inbox",
            "individual",
            "info",
            "integration",
            "interfaces",
            "introduction",
            "investors",
            "issues",
            "jobs",
            "join",
            "journal",
            "journals",
            "lab",
            "labs",
            "languages",
            "launch",
            "layouts",
            "learn",
            "legal",
            "library",
            "linux",
            "listings",
            "lists",
            "login",
            "logos",
            "logout",
            "mac",
            "maintenance",
            "malware",
            "man",
            "marketplace",
            "mention",
            "mentioned",
            "mentioning",
            "mentions",
            "migrating",
            "milestones",
            "mine",
            "mirrors",
            "mobile",
            "navigation",
            "network",
            "new",
            "news",
            "newsroom",
            "none",
            "nonprofit",
            "nonprofits",
            "notices",
            "notifications",
            "oauth",
            "offer",
            "open-source",
            "organisations",
            "organizations",
            "orgs",
            "pages",
            "partners",
            "payments",
            "personal",
            "plans",
            "plugins",
            "popular",
            "popularity",
            "posts",
            "premium-support",
            "press",
            "pricing",
            "professional",
            "projects",
            "pulls",
            "raw",
            "readme",
            "recommendations",
            "redeem",
            "releases",
            "render",
            "reply",
            "repositories",
            "resources",
            "restore",
            "revert",
            "saved",
            "scraping",
            "search",
            "security",
            "services",
            "sessions",
            "settings",
            "shareholders",
            "shop",
            "showcases",
            "signin",
            "signup",
            "site",
            "solutions",
            "spam",
            "sponsors",
            "ssh",
            "staff",
            "starred",
            "stars",
            "static",
            "status",
            "statuses",
            "storage",
            "store",
            "stories",
            "styleguide",
            "subscriptions",
            "suggest",
            "suggestion",
            "suggestions",
            "support",
            "suspended",
            "talks",
            "teach",
            "teacher",
            "teachers",
            "teaching",
            "team",
            "teams",
            "ten",
            "terms",
            "timeline",
            "topic",
            "topics",
            "tos",
            "tour",
            "train",
            "training",
            "translations",
            "tree",
            "trending",
            "updates",
            "user-attachments",
            "users",
            "visualization",
            "watching",
            "why-github",
            "wiki",
            "windows",
            "works-with",
        ],
        ..NONE
    },
    Platform {
        name: "gitlab",
        domains: &["gitlab.com"],
        user_domains: &["gitlab.io"],
        routes: &["users", "u", ""],
        length: 2..=255,
        reserved: &[
            "-",
            ".well-known",
            "404.html",
            "422.html",
            "500.html",
            "502.html",
            "503.html",
            "about",
            "admin",
            "api",
            "apple-touch-icon.png",
            "assets",
            "dashboard",
            "deploy.html",
            "explore",
            "favicon.ico",
            "favicon.png",
            "files",
            "groups",
            "health_check",
            "help",
            "import",
            "jwt",
            "login",
            "oauth",
            "profile",
            "projects",
            "public",
            "robots.txt",
            "s",
            "search",
            "sign_in",
            "sign_up",
            "sitemap",
            "sitemap.xml",
            "sitemap.xml.gz",
            "slash-command-logo.png",
            "snippets",
            "unsubscribes",
            "uploads",
            "user",
            "v2",
        ],
        ..NONE
    },
    Platform {
        name: "hackerrank",
        domains: &["hackerrank.com"],
        routes: &["profile", ""],
        letters: Letters::Ascii("-_"),
        reserved: &[
            "about",
            "blog",
            "careers",
            "certificates",
            "challenges",
            "contests",
            "dashboard",
            "domains",
            "interview",
            "leaderboard",
            "login",
            "products",
            "rest",
            "scoring",
            "settings",
            "signup",
            "skills-verification",
            "test",
            "tests",
            "work",
            "x",
        ],
        ..NONE
    },
    Platform {
        name: "instagram",
        others: &["ig", "insta"],
        domains: &["instagram.com", "instagr.am"],
        routes: &["stories", "_u", ""],
        letters: Letters::Ascii("_."),
        length: 1..=30,
        reserved: &[
            "about",
            "accounts",
            "challenge",
            "channel",
            "developer",
            "direct",
            "directory",
            "emails",
            "explore",
            "highlights",
            "invites",
            "legal",
            "oauth",
            "p",
            "reel",
            "reels",
            "s",
            "session",
            "share",
            "tv",
            "web",
        ],
        ..NONE
    },
    Platform {
        name: "kaggle",
        domains: &["kaggle.com"],
        letters: Letters::Ascii("-_"),
        reserved: &[
            "account",
            "benchmarks",
            "c",
            "code",
            "competitions",
            "datasets",
            "discussion",
            "discussions",
            "docs",
            "kernels",
            "learn",
            "models",
            "organizations",
            "rankings",
            "search",
            "settings",
            "t",
            "u",
            "work",
            "writeups",
        ],
        ..NONE
    },
    Platform {
        name: "leetcode",
        // leetcode.cn has accounts of its own.
        domains: &["leetcode.com"],
        routes: &["u", ""],
        letters: Letters::Ascii("-_"),
        reserved: &[
            "accounts",
            "circle",
            "company",
            "contest",
            "discuss",
            "explore",
            "interview",
            "jobs",
            "playground",
            "problem-list",
            "problems",
            "problemset",
            "profile",
            "progress",
            "store",
            "studyplan",
            "submissions",
            "subscribe",
            "tag",
        ],
        ..NONE
    },
    Platform {
        name: "linkedin",
        others: &["li"],
        domains: &["linkedin.com", "linkedin.cn"],
        routes: &["in", "mwlite/in", "mwlite/profile/in", "m/in", "comm/in", "incareer/in", "profile/in"],
        letters: Letters::AnyScript,
        length: 3..=100,
        reserved: &["unavailable"],
        opaque: linkedin_id,
        ..NONE
    },
    Platform {
        name: "medium",
        domains: &["medium.com"],
        user_domains: &["medium.com"],
        sigil: "@",
        letters: Letters::Ascii("_-."),
        reserved: &[
            "about",
            "m",
            "me",
            "new-story",
            "tag",
            "topics",
            "search",
            "membership",
            "p",
            "jobs-at-medium",
            "explore-topics",
        ],
        ..NONE
    },
    Platform {
        name: "npm",
        others: &["npmjs"],
        domains: &["npmjs.com", "npmjs.org"],
        sigil: "~",
        letters: Letters::Ascii("-_."),
        ..NONE
    },
    Platform {
        name: "stackoverflow",
        others: &["stack-overflow", "so"],
        domains: &["stackoverflow.com"],
        routes: &["users"],
        // pt.stackoverflow.com and its like number their users themselves.
        hosts_are_apart: true,
        letters: Letters::Digits,
        length: 1..=12,
        ..NONE
    },
    Platform {
        name: "telegram",
        others: &["tg"],
        domains: &["t.me", "telegram.me", "telegram.dog"],
        user_domains: &["t.me"],
        routes: &["s", ""],
        letters: Letters::Ascii("_"),
        length: 4..=32,
        reserved: &[
            "addemoji",
            "addlist",
            "addstickers",
            "addtheme",
            "bg",
            "boost",
            "c",
            "confirmphone",
            "contact",
            "giftcode",
            "invoice",
            "iv",
            "joinchat",
            "login",
            "m",
            "msg",
            "nft",
            "proxy",
            "setlanguage",
            "share",
            "socks",
        ],
        ..NONE
    },
    Platform {
        name: "toptal",
        domains: &["toptal.com"],
        routes: &["developers/resume", "designers/resume", "finance/resume", "resume", "talent"],
        letters: Letters::Ascii("-"),
        ..NONE
    },
    Platform {
        name: "upwork",
        domains: &["upwork.com"],
        routes: &["freelancers", "fl", "o/profiles/users"],
        sigil: "~",
        letters: Letters::Ascii("-_"),
        reserved: &["settings"],
        ..NONE
    },
    Platform {
        name: "x",
        others: &["twitter"],
        domains: &["x.com", "twitter.com"],
        routes: &["intent/user", ""],
        parameter: Some(("screen_name", &["intent"])),
        letters: Letters::Ascii("_"),
        length: 1..=15,
        reserved: &[
            "about",
            "account",
            "compose",
            "download",
            "explore",
            "hashtag",
            "home",
            "i",
            "intent",
            "jobs",
            "login",
            "logout",
            "messages",
            "notifications",
            "oauth",
            "privacy",
            "search",
            "settings",
            "share",
            "signup",
            "tos",
            "who_to_follow",
        ],
        ..NONE
    },
    Platform {
        name: "youtube",
        others: &["yt"],
        domains: &["youtube.com"],
        // The old /c/ and /user/ addresses are names of their own, which only the platform can connect to a handle.
        routes: &["channel", ""],
        sigil: "@",
        letters: Letters::Ascii("-_."),
        length: 3..=30,
        opaque: youtube_id,
        ..NONE
    },
];
