//! Where a node lives: its data folder as `larum consortium join` leaves it, and its addresses.

use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU8, Ordering},
};

use larum_node::secrets::{Lock, SECRETS_FILE, Secrets, Stewardship};
use larum_protocol::keys::{SealingSecretKey, SecretKey};

use crate::consortium::{Consortium, LOOPBACK};

/// Where nodes listen for each other. The address differs, so the port need not.
pub const P2P_PORT: u16 = 7460;

/// Which node lives where, and what it starts with.
#[derive(Clone, Debug)]
pub struct Site {
    /// The member's place in the consortium.
    pub member: usize,
    /// Which of its nodes.
    pub node: usize,
    /// The data folder.
    pub folder: PathBuf,
    /// Whether the salt came along; else another member has to grant it.
    pub has_salt: bool,
    /// Words before the command that starts the node: another network namespace, say.
    pub prefix: Vec<String>,
    /// Where its HTTP API listens.
    pub http: IpAddr,
}

impl Site {
    /// The site of a node in a folder of its own below `scratch`.
    pub fn new(scratch: &Path, member: usize, node: usize) -> Self {
        let folder = scratch.join(format!("employer-{}-{}", member + 1, node + 1));
        Self { member, node, folder, has_salt: true, prefix: Vec::new(), http: LOOPBACK }
    }

    /// Lays the data folder down: keys, configuration, the rosters signed so far.
    pub fn lay(&self, consortium: &Consortium) {
        let keys = &consortium.members[self.member];
        fs::create_dir_all(self.folder.join("rosters")).unwrap();
        let unlock = self.folder.join("unlock.key");
        let lock = Lock::create_unlock_file(&unlock).unwrap();
        let secrets = Secrets {
            member_seed: (self.node == 0).then_some(keys.member_seed),
            sealing_seed: keys.sealing_seed,
            node_seed: keys.node_seed(self.node),
            salts: if self.has_salt { consortium.salts().into_iter().collect() } else { BTreeMap::new() },
            stewardship: Stewardship::default(),
        };
        secrets.save(&self.folder.join(SECRETS_FILE), &lock).unwrap();
        let node = SecretKey::from_seed(&keys.node_seed(self.node)).public();
        let member = serde_json::json!({
            "name": keys.name,
            "member_key": SecretKey::from_seed(&keys.member_seed).public().to_string(),
            "sealing_key": SealingSecretKey::from_seed(&keys.sealing_seed).public().to_string(),
            "node_key": node.to_string(),
            "peer": larum_node::net::peer_id(&node.0).unwrap().to_string(),
        });
        fs::write(self.folder.join("member.json"), member.to_string()).unwrap();
        fs::write(self.folder.join("larum.toml"), self.configuration(keys.nodes[self.node].address)).unwrap();
        self.lay_rosters(consortium);
    }

    /// Adds the rosters that were signed since.
    pub fn lay_rosters(&self, consortium: &Consortium) {
        for roster in consortium.rosters() {
            let path = self.folder.join(format!("rosters/{:010}.roster", roster.roster().version));
            fs::write(path, roster.encode()).unwrap();
        }
    }

    /// Stewards are asked each time, and nobody watches the clock.
    fn configuration(&self, p2p: IpAddr) -> String {
        format!(
            "http_listen = \"{}:0\"\nhttp_allowed_hosts = [\"{}\"]\np2p_listen = [\"/ip4/{p2p}/tcp/{P2P_PORT}\"]\n\
             log_level = \"trace\"\nchecks_per_second = 1000000\n\
             tag_cache_entries = 0\npublish_delay_seconds = 0\n",
            self.http, self.http
        )
    }
}

/// A loopback address that no other node on this machine has: Linux answers for all of 127.0.0.0/8.
pub(crate) fn own_address() -> IpAddr {
    static NEXT: AtomicU8 = AtomicU8::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    assert!(number < 250, "more nodes in one test program than it has addresses for");
    let [_, _, high, low] = std::process::id().to_be_bytes();
    // 127.0.x.y is where other programs are.
    IpAddr::V4(Ipv4Addr::new(127, high | 1, low, number + 2))
}
