//! What is written, where, and what comes of it.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;

use toml::{Table, Value};

use super::settings::{CONFIG_BYTES_MAX, KEYS, read_variable};
use super::*;

fn load(file: &str, variables: &[(&str, &str)], flags: Settings) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(CONFIG_FILE), file).unwrap();
    let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Config::load(folder.path(), lookup, flags)
}

fn error(file: &str, variables: &[(&str, &str)]) -> String {
    load(file, variables, Settings::default()).unwrap_err().to_string()
}

#[test]
fn the_example_says_the_defaults() {
    let folder = Path::new("/data");
    let example: Settings = toml::from_str(Config::example_toml()).unwrap();
    assert_eq!(example.resolve(folder).unwrap(), Settings::default().resolve(folder).unwrap());
}

#[test]
fn every_key_is_in_the_example_and_in_the_environment() {
    let uncommented = Config::example_toml().replace("# passphrase_file =", "passphrase_file =");
    let table: Table = uncommented.parse().unwrap();
    let settings: Settings = toml::from_str(&uncommented).unwrap();
    let known: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
    let mut written: Vec<&str> = table.keys().map(String::as_str).collect();
    written.sort_unstable();
    assert_eq!(written, known);
    assert_eq!(Table::try_from(&settings).unwrap(), table, "what the example sets reads back as written");
}

#[test]
fn every_key_has_the_shape_that_the_environment_gives_it() {
    let example: Table = Config::example_toml().parse().unwrap();
    for (key, shape) in KEYS {
        let Some(value) = example.get(key) else {
            continue;
        };
        let text = match value {
            Value::Array(entries) => entries.iter().map(|entry| entry.as_str().unwrap()).collect::<Vec<_>>().join(","),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let one = read_variable(key, shape, &text).unwrap();
        assert_eq!(Table::try_from(&one).unwrap().get(key), Some(value), "{key}");
    }
}

#[test]
fn without_a_file_the_defaults_hold() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::load(folder.path(), |_| None, Settings::default()).unwrap();
    assert_eq!(config, Settings::default().resolve(folder.path()).unwrap());
    assert!(config.http_listen.ip().is_loopback());
    assert_eq!(config.unlock_file, folder.path().join("unlock.key"));
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let file = "checks_per_second = 1\nwatch_days_max = 1\naudit_retention_days = 31";
    let variables = [("LARUM_CHECKS_PER_SECOND", "2"), ("LARUM_WATCH_DAYS_MAX", "2")];
    let flags = Settings { checks_per_second: Some(3), ..Settings::default() };
    let config = load(file, &variables, flags).unwrap();
    assert_eq!((config.checks_per_second, config.watch_days_max, config.audit_retention_days), (3, 2, 31));
}

#[test]
fn an_empty_list_in_the_environment_beats_a_full_one_in_the_file() {
    let config = load("p2p_listen = [\"/ip4/127.0.0.1/tcp/1\"]", &[("LARUM_P2P_LISTEN", "")], Settings::default());
    assert_eq!(config.unwrap().p2p_listen, []);
}

#[test]
fn every_wrong_value_is_one_error_that_names_its_key() {
    for (file, expected) in [
        ("checks_per_second = 0", "checks_per_second must be from 1 to 1000000, and is 0"),
        ("audit_retention_days = 29", "audit_retention_days must be from 30 to 3650, and is 29"),
        ("review_retention_days = 0", "review_retention_days must be from 1 to 3650, and is 0"),
        ("watch_count_max = 10000001", "watch_count_max must be from 0 to 10000000, and is 10000001"),
        ("watch_days_max = 0", "watch_days_max must be from 1 to 1095, and is 0"),
        ("http_allowed_hosts = [\"http://a.example\"]", "http_allowed_hosts: give names without scheme, port or path"),
        (
            "http_allowed_origins = [\"a.example\"]",
            "http_allowed_origins: give origins as https://name or https://name:port",
        ),
        ("p2p_peers = [\"/ip4/192.0.2.1/tcp/1\"]", "p2p_peers: each address must end in /p2p/ and a peer id"),
    ] {
        assert_eq!(error(file, &[]), expected);
    }
    let many = format!("http_allowed_hosts = [{}]", "\"a.example\",".repeat(LIST_MAX + 1));
    assert_eq!(error(&many, &[]), "http_allowed_hosts: more than 64 entries");
}

#[test]
fn what_the_file_does_not_allow_is_shown_with_its_line() {
    for (file, part) in [
        ("checks_per_secnod = 5", "unknown field `checks_per_secnod`"),
        ("checks_per_second = \"many\"", "line 1"),
        ("checks_per_second = -1", "line 1"),
        ("\n\nlog_level = \"loud\"", "line 3"),
        ("http_listen = \"localhost\"", "http_listen"),
        ("p2p_listen = [\"nowhere\"]", "p2p_listen"),
        ("this is not toml", "line 1"),
    ] {
        let error = error(file, &[]);
        assert!(error.contains(part), "{file}: {error}");
        assert!(error.contains(CONFIG_FILE), "{file}: {error}");
    }
}

#[test]
fn a_wrong_variable_is_named() {
    for (name, value, reason) in [
        ("LARUM_CHECKS_PER_SECOND", "many", "must be a whole number"),
        ("LARUM_P2P_MDNS", "yes", "must be true or false"),
        ("LARUM_HTTP_LISTEN", "here", "cannot be read: "),
        ("LARUM_LOG_LEVEL", "loud", "cannot be read: "),
    ] {
        let error = error("", &[(name, value)]);
        assert!(error.starts_with(&format!("the environment variable {name} {reason}")), "{error}");
    }
}

#[test]
fn a_file_beyond_the_limit_is_not_read() {
    let long = "#".repeat(usize::try_from(CONFIG_BYTES_MAX).unwrap() + 1);
    assert!(matches!(load(&long, &[], Settings::default()), Err(ConfigError::File { .. })));
}

/// A hook's table with more keys.
fn hook(more: &str) -> Result<Config, ConfigError> {
    load(&format!("[[hooks]]\nsecret_file = \"s\"\n{more}\n"), &[], Settings::default())
}

#[test]
fn a_hook_runs_on_its_vendors_defaults() {
    let config = hook("vendor = \"greenhouse\"\ncredentials_file = \"/run/c\"\nnote = true\nwatch_days = 180").unwrap();
    let hook = &config.hooks[0];
    assert_eq!((hook.secret_file.ends_with("s"), hook.credentials_file.as_deref()), (true, Some(Path::new("/run/c"))));
    assert_eq!(hook.api_url.as_ref().unwrap().as_str(), "https://harvest.greenhouse.io/");
    assert_eq!(hook.token_url.as_ref().unwrap().as_str(), "https://auth.greenhouse.io/token");
    assert!(hook.note && hook.watch_days == 180 && hook.local.is_empty());
    let hosts = format!("{:?}", hook.hosts);
    for host in ["*.s3.amazonaws.com:443", "harvest.greenhouse.io:443", "auth.greenhouse.io:443"] {
        assert!(hosts.contains(host), "{host} is not in {hosts}");
    }
}

#[test]
fn only_exact_places_become_local_and_only_if_that_is_said() {
    let keys = "vendor = \"lever\"\ncredentials_file = \"c\"\napi_url = \"http://10.0.0.7:8080\"\n\
                hosts = [\"10.0.0.8:8081\", \"files.example.com\", \"*.example.com:8443\"]\n";
    assert!(hook(keys).unwrap_err().to_string().contains("https://"));
    let config = hook(&format!("{keys}allow_private = true")).unwrap();
    assert_eq!(format!("{:?}", config.hooks[0].local), "[10.0.0.8:8081, 10.0.0.7:8080]");
}

#[test]
fn an_api_is_local_by_its_private_address_or_by_its_place_in_hosts_and_never_because_others_are() {
    let keys = "vendor = \"lever\"\ncredentials_file = \"c\"\nallow_private = true\n";
    let local = |more: &str| hook(&format!("{keys}{more}")).map(|config| format!("{:?}", config.hooks[0].local));
    assert_eq!(local("").unwrap(), "[]", "Lever's own API");
    assert_eq!(local("api_url = \"https://ats.example.com\"\nhosts = [\"10.0.0.8:8081\"]").unwrap(), "[10.0.0.8:8081]");
    assert!(
        local("api_url = \"http://ats.example.com\"").unwrap_err().to_string().contains("same host and port in hosts")
    );
    assert!(local("api_url = \"http://1.1.1.1\"").is_err());
    let named = local("api_url = \"http://ats.internal:8080\"\nhosts = [\"ats.internal:8080\"]").unwrap();
    assert!(named.contains("ats.internal:8080"), "{named}");
    assert!(local("api_url = \"http://[fd00::7]:8080\"").unwrap().contains("[fd00::7]:8080"));
}

#[test]
fn every_wrong_hook_is_one_error_that_says_what_to_write() {
    for (keys, part) in [
        ("", "needs its vendor"),
        ("vendor = \"nobody\"", "unknown variant"),
        ("vendor = \"ashby\"\nsecret = \"inline\"", "unknown field `secret`"),
        ("vendor = \"lever\"", "credentials_file is needed"),
        ("vendor = \"ashby\"\nnote = true", "credentials_file is needed"),
        ("vendor = \"merge\"\nnote = true", "takes no notes"),
        ("vendor = \"workable\"\ncredentials_file = \"c\"", "api_url is needed"),
        ("vendor = \"ashby\"\napi_url = \"http://api.example.com\"", "must begin with https://"),
        ("vendor = \"ashby\"\napi_url = \"https://user:word@api.example.com\"", "without a name, a password"),
        ("vendor = \"ashby\"\nhosts = [\"*.com\"]", "hosts: give names"),
        ("vendor = \"ashby\"\nhosts = [\"https://a.example\"]", "hosts: give names"),
        ("vendor = \"ashby\"\nwatch_days = 366", "watch_days must be from 0 to 365"),
        ("vendor = \"ashby\"\nregion = \"us\"", "region must be"),
        ("vendor = \"ashby\"\nregion = \"XX\"", "region must be"),
        ("vendor = \"ashby\"\n[[hooks]]\nvendor = \"ashby\"\nsecret_file = \"t\"", "two hooks of one vendor"),
    ] {
        let error = hook(keys).unwrap_err().to_string();
        assert!(error.contains(part), "{keys}: {error}");
    }
    assert!(error("[[hooks]]\nvendor = \"ashby\"", &[]).contains("needs a secret_file"));
    assert!(error("hook_retention_days = 0", &[]).contains("from 1 to 90"));
}

#[test]
fn every_table_in_the_guide_to_hooks_is_a_configuration() {
    let guide = include_str!("../../../docs/hooks.md");
    let tables: Vec<_> = guide.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(tables.len() >= 7, "a table for each vendor");
    for table in tables {
        let config = load(table, &[], Settings::default()).unwrap_or_else(|error| panic!("{error}\n{table}"));
        assert!(!config.hooks.is_empty(), "{table}");
    }
}
