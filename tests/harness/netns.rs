//! Nodes in network namespaces of their own, on one private bridge, so that links between them can really be cut.
//!
//! The bridge has an address in the namespace of the test, over which it speaks to every node's API; nothing is routed
//! further. Links are cut by nftables inside the namespaces: packets vanish, connections stay, as in a real partition.
//! Invariant: namespaces and bridge go when the [`Island`] is dropped; what a killed test left behind goes when the
//! next one starts.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
    process::Command,
};

/// What every name here starts with.
const PREFIX: &str = "lrm";

/// Some network namespaces on a bridge.
#[derive(Debug)]
pub struct Island {
    pid: u32,
    addresses: Vec<IpAddr>,
}

impl Island {
    /// Makes so many namespaces. `None`, said loudly, where this user or this kernel cannot; under `CI=true` that is a
    /// failure.
    pub fn rise(count: usize) -> Option<Self> {
        sweep();
        let pid = std::process::id();
        let [_, _, high, low] = pid.to_be_bytes();
        let address = |last: usize| IpAddr::V4(Ipv4Addr::new(10, high | 128, low, last as u8));
        // From here on its drop tears down whatever stands.
        let island = Self { pid, addresses: (0..count).map(|node| address(node + 2)).collect() };
        let raised = island.raise(address(1));
        if let Err(why) = raised {
            eprintln!("SKIPPED: network namespaces: {why}; links are cut by freezing processes instead");
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "in CI nothing is skipped: run as root, with nftables"
            );
            return None;
        }
        Some(island)
    }

    fn raise(&self, hub: IpAddr) -> Result<(), String> {
        let bridge = format!("{PREFIX}b{}", self.pid);
        run(&["ip", "link", "add", &bridge, "type", "bridge"])?;
        run(&["ip", "address", "add", &format!("{hub}/24"), "dev", &bridge])?;
        run(&["ip", "link", "set", &bridge, "up"])?;
        for (node, address) in self.addresses.iter().enumerate() {
            let (name, outer) = (self.name(node), format!("{PREFIX}{}v{node}", self.pid));
            run(&["ip", "netns", "add", &name])?;
            run(&["ip", "link", "add", &outer, "type", "veth", "peer", "name", "eth0", "netns", &name])?;
            run(&["ip", "link", "set", &outer, "master", &bridge, "up"])?;
            run(&["ip", "-n", &name, "link", "set", "lo", "up"])?;
            run(&["ip", "-n", &name, "address", "add", &format!("{address}/24"), "dev", "eth0"])?;
            run(&["ip", "-n", &name, "link", "set", "eth0", "up"])?;
            self.nft(node, &["add", "table", "inet", "cut"])?;
            let chain = "{ type filter hook input priority 0 ; }";
            self.nft(node, &["add", "chain", "inet", "cut", "in", chain])?;
        }
        Ok(())
    }

    /// The address of each node.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// Words that start a command in a node's namespace.
    pub fn prefix(&self, node: usize) -> Vec<String> {
        ["ip", "netns", "exec", &self.name(node)].map(str::to_owned).to_vec()
    }

    /// Drops everything between nodes of different groups; `group` says to which each belongs.
    pub fn partition(&self, group: impl Fn(usize) -> usize) {
        self.heal();
        for node in 0..self.addresses.len() {
            let cut = (0..self.addresses.len()).filter(|other| group(*other) != group(node));
            let cut: Vec<_> = cut.map(|other| self.addresses[other].to_string()).collect();
            if !cut.is_empty() {
                let set = format!("{{ {} }}", cut.join(", "));
                self.nft(node, &["add", "rule", "inet", "cut", "in", "ip", "saddr", &set, "drop"]).unwrap();
            }
        }
    }

    /// Lets everything through again.
    pub fn heal(&self) {
        for node in 0..self.addresses.len() {
            self.nft(node, &["flush", "chain", "inet", "cut", "in"]).unwrap();
        }
    }

    fn nft(&self, node: usize, words: &[&str]) -> Result<(), String> {
        let name = self.name(node);
        run(&[&["ip", "netns", "exec", &name, "nft"], words].concat())
    }

    fn name(&self, node: usize) -> String {
        format!("{PREFIX}{}n{node}", self.pid)
    }
}

impl Drop for Island {
    fn drop(&mut self) {
        tear_down(self.pid);
    }
}

/// Removes what tests that no longer run left behind.
fn sweep() {
    for pid in listed().iter().filter_map(|name| pid_of(name)) {
        if !Path::new(&format!("/proc/{pid}")).exists() {
            tear_down(pid);
        }
    }
}

fn tear_down(pid: u32) {
    for name in listed().iter().filter(|name| pid_of(name) == Some(pid)) {
        let _ = run(&["ip", "netns", "delete", name]); // its links go with it
    }
    let _ = run(&["ip", "link", "delete", &format!("{PREFIX}b{pid}")]); // it may never have stood
}

fn pid_of(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split_once('n')?.0.parse().ok()
}

fn listed() -> Vec<String> {
    let output = Command::new("ip").args(["netns", "list"]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn run(words: &[&str]) -> Result<(), String> {
    let output = Command::new(words[0]).args(&words[1..]).output().map_err(|error| format!("{}: {error}", words[0]))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
}
