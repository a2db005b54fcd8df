//! Where the demo takes place: one folder, temporary unless it is to be kept, and three ports on loopback.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
};

use larum_node::config::CONFIG_FILE;

use super::receiver::Receiver;
use crate::{error::Failure, files};

/// What an employer reports first.
const REPORT: &str = include_str!("../../../data/demo/report.csv");
/// An application by one of those it reports, and one by somebody nobody reports.
const APPLICATION: &str = include_str!("../../../data/demo/application.json");
const HONEST: &str = include_str!("../../../data/demo/honest.json");
/// Two more, as webhooks of Greenhouse: of somebody who is reported, and of somebody who is reported later.
const WEBHOOK_REPORTED: &str = include_str!("../../../data/demo/webhook-reported.json");
const WEBHOOK_HONEST: &str = include_str!("../../../data/demo/webhook-honest.json");
/// A resume that is reported, and the one of an application: another name, other employers, a fifth of the words
/// changed. What `tests/documents` says of them holds here: nobody of that name exists.
const REPORTED: &[u8] = include_bytes!("../../../../tests/documents/reported.docx");
const RESUME: &[u8] = include_bytes!("../../../../tests/documents/resume.chrome.pdf");

/// Where an employer keeps what opens its applicant tracking system to its node, and the other way round.
const WEBHOOK_SECRET: &str = "greenhouse-webhook.secret";
const API_CREDENTIALS: &str = "greenhouse-api.secret";
const CALLBACK_SECRET: &str = "callback.secret";

/// Lines of a log that are shown when something went wrong.
const TAIL_LINES: usize = 12;

/// One employer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Employer {
    /// On the roster.
    pub(super) name: &'static str,
    /// In the story.
    pub(super) short: &'static str,
    /// Its data folder.
    pub(super) folder: &'static str,
}

/// It reports.
pub(super) const ALDER: Employer = Employer { name: "Alder Freight", short: "Alder", folder: "alder" };
/// Its recruiter looks an applicant up.
pub(super) const BIRCH: Employer = Employer { name: "Birch Robotics", short: "Birch", folder: "birch" };
/// Its node dies and comes back.
pub(super) const CEDAR: Employer = Employer { name: "Cedar Health", short: "Cedar", folder: "cedar" };
/// All of them.
pub(super) const EMPLOYERS: [Employer; 3] = [ALDER, BIRCH, CEDAR];

/// The folder that everything lies in.
pub(super) enum Place {
    Kept(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Place {
    /// A temporary folder, or the new one that is to be kept; with the files that the demo starts from.
    pub(super) fn create(keep: Option<&Path>) -> Result<Self, Failure> {
        let place = match keep {
            Some(path) => {
                fs::create_dir(path).map_err(|error| Failure::write(path, error).hint("--keep names a new folder"))?;
                Self::Kept(path.canonicalize().map_err(|error| Failure::read(path, error))?)
            }
            None => Self::Temporary(
                tempfile::Builder::new()
                    .prefix("larum-demo-")
                    .tempdir()
                    .map_err(|error| Failure::new(format_args!("no temporary folder: {error}")))?,
            ),
        };
        for (name, bytes) in [
            ("report.csv", REPORT.as_bytes()),
            ("application.json", APPLICATION.as_bytes()),
            ("honest.json", HONEST.as_bytes()),
            ("webhook-reported.json", WEBHOOK_REPORTED.as_bytes()),
            ("webhook-honest.json", WEBHOOK_HONEST.as_bytes()),
            ("reported.docx", REPORTED),
            ("resume.pdf", RESUME),
        ] {
            let path = place.path().join(name);
            fs::write(&path, bytes).map_err(|error| Failure::write(&path, error))?;
        }
        Ok(place)
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// The file that an employer's node writes its log to.
    pub(super) fn log(&self, employer: Employer) -> PathBuf {
        self.path().join(format!("{}.log", employer.folder))
    }

    /// The ends of the logs there are, each with its name.
    pub(super) fn log_tails(&self) -> impl Iterator<Item = (String, Vec<String>)> {
        EMPLOYERS.iter().filter_map(|employer| {
            let path = self.log(*employer);
            let text = fs::read_to_string(&path).ok()?;
            let lines: Vec<_> = text.lines().map(str::to_owned).collect();
            let tail = lines[lines.len().saturating_sub(TAIL_LINES)..].to_vec();
            Some((format!("{}.log", employer.folder), tail))
        })
    }

    /// Writes an employer's addresses into its configuration, as its operator would.
    pub(super) fn configure(&self, employer: Employer, p2p_port: u16) -> Result<(), Failure> {
        let path = self.path().join(employer.folder).join(CONFIG_FILE);
        let text = fs::read_to_string(&path).map_err(|error| Failure::read(&path, error))?;
        let address = format!("[\"/ip4/127.0.0.1/tcp/{p2p_port}\"]");
        let settings = [
            ("http_listen", "\"127.0.0.1:0\""),
            ("p2p_listen", address.as_str()),
            ("p2p_external", address.as_str()),
            ("publish_delay_seconds", "0"), // nobody here watches the clock, and somebody waits for the demo
        ];
        let text = settings.iter().try_fold(text, |text, (key, value)| set(&text, key, value));
        let text = text.ok_or_else(|| Failure::read(&path, "it does not name the keys that it should"))?;
        fs::write(&path, text).map_err(|error| Failure::write(&path, error))
    }

    /// Connects an employer's node with its applicant tracking system and with what is told of alerts, as docs/hooks.md and
    /// docs/callbacks.md say: secrets in files of their own, tables at the end of its configuration.
    pub(super) fn connect(&self, employer: Employer, receiver: &Receiver) -> Result<(), Failure> {
        let folder = self.path().join(employer.folder);
        for (name, text) in [
            (WEBHOOK_SECRET, receiver.webhook_secret_file()),
            (API_CREDENTIALS, receiver.credentials_file()),
            (CALLBACK_SECRET, receiver.callback_secret_file()),
        ] {
            files::write_private(&folder.join(name), text.as_bytes())?;
        }
        let path = folder.join(CONFIG_FILE);
        let text = fs::read_to_string(&path).map_err(|error| Failure::read(&path, error))?;
        let text = format!("{text}\n{}", tables(&receiver.url()));
        fs::write(&path, text).map_err(|error| Failure::write(&path, error))
    }

    /// Removes the folder; its path where it is to be kept.
    pub(super) fn close(self) -> Result<Option<PathBuf>, Failure> {
        match self {
            Self::Kept(path) => Ok(Some(path)),
            Self::Temporary(folder) => {
                let path = folder.path().to_owned();
                folder.close().map_err(|error| {
                    Failure::new(format_args!("cannot remove {}: {error}", path.display())).hint("remove it by hand")
                })?;
                Ok(None)
            }
        }
    }
}

/// What connects a node with Greenhouse and with a receiver of callbacks. Both are on this machine, hence `allow_private`.
fn tables(url: &str) -> String {
    format!(
        r#"[[hooks]]
vendor = "greenhouse"
secret_file = "{WEBHOOK_SECRET}"
credentials_file = "{API_CREDENTIALS}"
api_url = "{url}"
token_url = "{url}/token"
allow_private = true
note = true
watch_days = 180
region = "US"

[[callbacks]]
url = "{url}/callback"
secret_file = "{CALLBACK_SECRET}"
events = ["review.opened", "alert.raised"]
"#
    )
}

/// Replaces the line that gives a key its value.
fn set(text: &str, key: &str, value: &str) -> Option<String> {
    let of_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(" = "));
    text.lines().any(of_key).then(|| {
        let lines =
            text.lines().map(|line| if of_key(line) { format!("{key} = {value}\n") } else { format!("{line}\n") });
        lines.collect()
    })
}

/// Ports that are free now, given by the system. Somebody else may take one before its node listens; the node is then
/// started again.
pub(super) fn free_ports() -> Result<[u16; EMPLOYERS.len()], Failure> {
    let failed = |error| Failure::new(format_args!("no free port on loopback: {error}"));
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed);
    let listeners = [listen()?, listen()?, listen()?]; // all at once, so that none is given twice
    let mut ports = [0; EMPLOYERS.len()];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr().map_err(failed)?.port();
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use larum_node::config::Config;

    use super::*;

    #[test]
    fn the_documented_configuration_has_the_keys_that_the_demo_sets() {
        for key in ["http_listen", "p2p_listen", "p2p_external", "publish_delay_seconds"] {
            let text = set(Config::example_toml(), key, "\"x\"").expect("the example shows every key");
            assert!(text.contains(&format!("\n{key} = \"x\"\n")), "{text}");
        }
        assert_eq!(set(Config::example_toml(), "no_such_key", "1"), None);
    }
}
