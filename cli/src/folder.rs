//! The data folder: configuration, secrets, who this member is, and the rosters that were founded, joined or applied.
//!
//! `rosters/` holds one file for each version, as signed; a node takes them into its store when it starts.
//! Invariant: every roster written here follows the ones before it, by the protocol's own rules.
//! Absent on purpose: the node's store, which only a running node opens.

use std::{
    env, fs,
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use larum_node::{
    config::{CONFIG_FILE, Config, Settings},
    secrets::{Lock, SECRETS_FILE, Secrets},
};
use larum_protocol::{
    keys::{PublicKey, SealingPublicKey, SealingSecretKey, SecretKey},
    roster::{RosterChain, SignedRoster},
};
use serde::{Deserialize, Serialize};

use crate::{args::Global, error::Failure, files};

/// Who this member is: public, and readable without unlocking anything.
pub(crate) const MEMBER_FILE: &str = "member.json";
/// The folder of signed rosters.
const ROSTERS_FOLDER: &str = "rosters";
/// The bearer token of whoever works on this machine.
pub(crate) const TOKEN_FILE: &str = "cli.token";
/// Where the running node's API listens.
pub(crate) const HTTP_FILE: &str = "http.addr";
/// Bytes of that address.
const HTTP_FILE_BYTES_MAX: u64 = 128;

/// What `member.json` holds.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberFile {
    pub(crate) name: String,
    pub(crate) member_key: String,
    pub(crate) sealing_key: String,
    pub(crate) node_key: String,
    pub(crate) peer: String,
}

impl MemberFile {
    fn of(name: &str, keys: &Keys) -> Self {
        Self {
            name: name.to_owned(),
            member_key: keys.member.public().to_string(),
            sealing_key: keys.sealing.public().to_string(),
            node_key: keys.node.public().to_string(),
            peer: larum_node::net::peer_id(&keys.node.public().0).expect("it was derived from a seed").to_string(),
        }
    }
}

/// This member's secret keys.
pub(crate) struct Keys {
    pub(crate) member: SecretKey,
    pub(crate) sealing: SealingSecretKey,
    pub(crate) node: SecretKey,
}

/// One data folder.
#[derive(Clone, Debug)]
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// The folder that `--data` or `LARUM_DATA` names, else `larum` where the user's programs keep data.
    pub(crate) fn of(global: &Global) -> Result<Self, Failure> {
        let home = |variable, below: &str| {
            let path = env::var_os(variable).filter(|path| !path.is_empty())?;
            Some(Path::new(&path).join(below))
        };
        let default = || home("XDG_DATA_HOME", "larum").or_else(|| home("HOME", ".local/share/larum"));
        let path = global.data.clone().or_else(default);
        path.map(Self).ok_or_else(|| Failure::new("no data folder is named").hint("pass --data or set LARUM_DATA"))
    }

    /// The folder at this path.
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// What the node runs on.
    pub(crate) fn config(&self, flags: Settings) -> Result<Config, Failure> {
        Ok(Config::load(&self.0, |name| env::var(name).ok(), flags)?)
    }

    /// Where the node's HTTP API is reached from this machine.
    pub(crate) fn http_url(&self) -> Result<String, Failure> {
        let mut address = match self.running()? {
            Some(address) => address,
            None => self.config(Settings::default())?.http_listen,
        };
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        Ok(format!("http://{address}"))
    }

    /// Where the node that runs on this folder says it listens: a flag may have told it so, or the system chosen.
    fn running(&self) -> Result<Option<SocketAddr>, Failure> {
        let path = self.0.join(HTTP_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = files::read_bounded(&path, HTTP_FILE_BYTES_MAX)?;
        let text = std::str::from_utf8(&text).unwrap_or_default().trim();
        text.parse().map(Some).map_err(|_| Failure::read(&path, "it is no address"))
    }

    /// Creates the folder, and what makes it a member's: configuration, keys, and who they belong to.
    pub(crate) fn create(&self, name: &str, passphrase_file: Option<&Path>) -> Result<MemberFile, Failure> {
        let failed = |error| Failure::write(&self.0, error);
        let secrets = self.0.join(SECRETS_FILE);
        for path in [&secrets, &self.0.join(MEMBER_FILE), &self.0.join(CONFIG_FILE)] {
            if path.try_exists().map_err(failed)? {
                return Err(Failure::new(format_args!("{} exists already and is not overwritten", path.display()))
                    .hint("choose another folder with --data, or go on with this one"));
            }
        }
        // Nobody else's business from the start, whatever the shell allows others.
        let mut private = fs::DirBuilder::new();
        private.recursive(true).mode(0o700).create(self.0.join(ROSTERS_FOLDER)).map_err(failed)?;
        let lock = match passphrase_file {
            Some(path) => Lock::from_passphrase_file(path)?,
            None => Lock::create_unlock_file(&self.config(Settings::default())?.unlock_file)?,
        };
        let secrets = Secrets::create(&secrets, &lock, larum_node::secrets::MemberKey::New)?;
        let member = MemberFile::of(name, &Keys::of(&secrets)?);
        files::write_json(&self.0.join(MEMBER_FILE), &member)?;
        files::write_private(&self.0.join(CONFIG_FILE), configuration(passphrase_file)?.as_bytes())?;
        Ok(member)
    }

    /// Says who the member is whose keys lie here already; what was said before stays.
    pub(crate) fn introduce(&self, name: &str) -> Result<(), Failure> {
        let path = self.0.join(MEMBER_FILE);
        if path.exists() {
            return Ok(());
        }
        files::write_json(&path, &MemberFile::of(name, &Keys::of(&self.secrets()?)?))
    }

    /// Who this member is.
    pub(crate) fn member(&self) -> Result<MemberFile, Failure> {
        let path = self.0.join(MEMBER_FILE);
        if !path.exists() {
            return Err(Failure::new(format_args!("{} holds no member", self.0.display()))
                .hint("create one with larum init, or name another folder with --data"));
        }
        files::read_json(&path)
    }

    /// The secrets.
    pub(crate) fn secrets(&self) -> Result<Secrets, Failure> {
        let (path, lock) = self.sealed()?;
        Ok(Secrets::load(&path, &lock)?)
    }

    /// Changes the secrets, while no other process does.
    pub(crate) fn change_secrets<T>(
        &self,
        change: impl FnOnce(&mut Secrets) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (path, lock) = self.sealed()?;
        Secrets::change(&path, &lock, change)
    }

    /// The sealed file, and what opens it.
    fn sealed(&self) -> Result<(PathBuf, Lock), Failure> {
        let config = self.config(Settings::default())?;
        let path = self.0.join(SECRETS_FILE);
        if !path.exists() {
            return Err(Failure::new(format_args!("{} holds no keys", self.0.display()))
                .hint("create them with larum init, or name another folder with --data"));
        }
        let lock = Lock::from_files(config.passphrase_file.as_deref(), &config.unlock_file)?;
        Ok((path, lock))
    }

    /// The rosters that lie here, checked from the genesis; `None` where there are none.
    pub(crate) fn chain(&self) -> Result<Option<RosterChain>, Failure> {
        let mut paths = match fs::read_dir(self.0.join(ROSTERS_FOLDER)) {
            Ok(entries) => entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| Failure::read(&self.0.join(ROSTERS_FOLDER), error))?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::read(&self.0.join(ROSTERS_FOLDER), error)),
        };
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "roster"));
        paths.sort();
        files::chain_of(paths.iter().map(|path| {
            let bytes = files::read_bounded(path, larum_protocol::roster::SIGNED_ROSTER_BYTES_MAX as u64)?;
            SignedRoster::decode(&bytes).map_err(|error| Failure::read(path, error))
        }))
    }

    /// Writes a roster that the caller has found to follow the ones that lie here.
    pub(crate) fn keep(&self, roster: &SignedRoster) -> Result<(), Failure> {
        let folder = self.0.join(ROSTERS_FOLDER);
        fs::create_dir_all(&folder).map_err(|error| Failure::write(&folder, error))?;
        files::write_private(&folder.join(format!("{:010}.roster", roster.roster().version)), &roster.encode())
    }
}

impl Keys {
    /// The keys of these secrets; an error where the member's own key is kept by another node.
    pub(crate) fn of(secrets: &Secrets) -> Result<Self, Failure> {
        let member = secrets.member_seed.as_ref().ok_or_else(|| {
            Failure::new("this node does not hold its member's key").hint("do it on the member's first node")
        })?;
        Ok(Self {
            member: SecretKey::from_seed(member),
            sealing: SealingSecretKey::from_seed(&secrets.sealing_seed),
            node: SecretKey::from_seed(&secrets.node_seed),
        })
    }

    pub(crate) fn sealing_public(&self) -> SealingPublicKey {
        self.sealing.public()
    }

    pub(crate) fn node_public(&self) -> PublicKey {
        self.node.public()
    }
}

/// The commented example, with the passphrase file's place where there is one.
fn configuration(passphrase_file: Option<&Path>) -> Result<String, Failure> {
    let example = Config::example_toml();
    let Some(path) = passphrase_file else { return Ok(example.to_owned()) };
    let path = path.canonicalize().map_err(|error| Failure::read(path, error))?;
    let path = toml::Value::from(path.to_string_lossy().into_owned());
    Ok(format!("{example}\npassphrase_file = {path}\n"))
}
