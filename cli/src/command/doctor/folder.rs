//! What lies in the data folder: configuration, keys, rosters, the record of lookups.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use larum_node::{
    audit, callbacks,
    clock::now,
    config::{Config, Settings},
    hooks,
    secrets::{Lock, Protection, SECRETS_FILE},
};
use larum_protocol::roster::{MemberStatus, NodeStatus, Roster};

use super::Finding;
use crate::folder::{DataFolder, TOKEN_FILE};

/// Bits that let somebody else than the owner read or write.
const OTHERS: u32 = 0o077;

pub(super) fn look(folder: &DataFolder) -> Vec<Finding> {
    if !folder.path().is_dir() {
        let text = format!("the data folder {} is not there", folder.path().display());
        return vec![Finding::bad(text, "create one with larum init, or name another with --data")];
    }
    let mut findings = vec![configuration(folder)];
    findings.extend(private_files(folder.path()));
    if let Ok(config) = folder.config(Settings::default()) {
        findings.push(keys(folder, &config));
        findings.extend(connected(&config));
    }
    findings.push(rosters(folder));
    findings.push(lookups(folder.path()));
    findings
}

fn configuration(folder: &DataFolder) -> Finding {
    match folder.config(Settings::default()) {
        Ok(_) => Finding::good("larum.toml and the environment can be read"),
        Err(failure) => Finding::failed(&failure),
    }
}

fn private_files(folder: &Path) -> Option<Finding> {
    let is_open = |name: &&str| {
        let metadata = fs::metadata(folder.join(name));
        metadata.is_ok_and(|metadata| metadata.permissions().mode() & OTHERS != 0)
    };
    let open: Vec<&str> = [SECRETS_FILE, "unlock.key", TOKEN_FILE].into_iter().filter(is_open).collect();
    let text = || format!("others on this machine can read {}", open.join(", "));
    (!open.is_empty()).then(|| Finding::bad(text(), format!("chmod 600 in {}", folder.display())))
}

fn keys(folder: &DataFolder, config: &Config) -> Finding {
    if let Err(failure) = folder.secrets() {
        return Finding::failed(&failure);
    }
    let lock = Lock::from_files(config.passphrase_file.as_deref(), &config.unlock_file);
    let protection = lock.map(|lock| lock.protection(&folder.path().join(SECRETS_FILE), &config.unlock_file));
    match protection {
        Ok(Protection::UnlockFileBeside) => Finding::warning(
            "the keys can be unlocked, by a file that lies beside them: a stolen disk gives both",
            "move it to a volume that is mounted only while the node starts, and set unlock_file in larum.toml",
        ),
        _ => Finding::good("the keys can be unlocked"),
    }
}

/// The files that webhooks and callbacks need: without one of them the node does not start.
fn connected(config: &Config) -> Vec<Finding> {
    if config.hooks.is_empty() && config.callbacks.is_empty() {
        return Vec::new();
    }
    let hooks = hooks::check_files(config).into_iter().map(|error| error.to_string());
    let wrong: Vec<String> =
        hooks.chain(callbacks::check_files(config).into_iter().map(|error| error.to_string())).collect();
    if wrong.is_empty() {
        return vec![Finding::good("the files of webhooks and callbacks can be read")];
    }
    let hint = "the node does not start without it, and a running one goes on with what the file held before; see hooks.md \
                and callbacks.md";
    wrong.into_iter().map(|text| Finding::bad(text, hint)).collect()
}

fn rosters(folder: &DataFolder) -> Finding {
    let chain = match folder.chain() {
        Err(failure) => return Finding::failed(&failure),
        Ok(None) => {
            return Finding::bad(
                "there is no roster: this node belongs to no consortium",
                "found one with larum consortium found, or join one with larum consortium join",
            );
        }
        Ok(Some(chain)) => chain,
    };
    let roster = chain.roster();
    if roster.issued > now() {
        return Finding::bad(
            "the clock of this machine is behind the newest roster's date",
            "set the clock by NTP, for example with systemd-timesyncd or chrony; a node with a wrong clock calls nothing clear",
        );
    }
    standing(folder, roster)
}

/// What the newest roster that lies here says of this node. A running node may know a newer one.
fn standing(folder: &DataFolder, roster: &Roster) -> Finding {
    let key = match folder.member() {
        Err(failure) => return Finding::failed(&failure),
        Ok(member) => member.node_key,
    };
    let found = roster.members.iter().find_map(|member| {
        let node = member.nodes.iter().find(|node| node.key.to_string() == key)?;
        Some((member, node))
    });
    let version = roster.version;
    match found.map(|(member, node)| (member.status, node.status)) {
        Some((MemberStatus::Active, NodeStatus::Active)) => {
            Finding::good(format!("roster {version} names this node, and it is active"))
        }
        Some(_) => Finding::bad(
            format!("roster {version} does not let this node take part: it, or its member, is not active"),
            "ask the consortium's governors why, and what they want to see",
        ),
        None => Finding::bad(
            format!("roster {version} does not name this node"),
            "send larum consortium request's output to a governor, and take the answer in with larum consortium join",
        ),
    }
}

fn lookups(folder: &Path) -> Finding {
    let dir = folder.join("audit");
    if !dir.exists() {
        return Finding::good("nothing was looked up yet");
    }
    match audit::verify(&dir) {
        Ok(verified) => Finding::good(format!("the record of {} lookups holds", verified.last + 1 - verified.first)),
        Err(error) => {
            Finding::bad(error.to_string(), "keep the files as they are, and compare them with a backup or an export")
        }
    }
}
