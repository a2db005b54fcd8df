//! Files that people hand to each other: JSON around base64, so that they can be mailed and looked at.
//!
//! `about` is for whoever opens the file and is never relied on: what counts is inside `data`, signed.
//! Invariant: nothing is written over a file that exists, except a proposal that gains a signature.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

use data_encoding::BASE64;
use larum_protocol::{
    roster::{JoinRequest, RosterChain, SignedRoster},
    salt::Grant,
    signed::{Signed, SignedObject, Unverified},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::error::Failure;

/// Bytes of a file that somebody sent: a bundle of many versions of a large roster.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The version of the wrapper.
const VERSION: u8 = 1;

/// What a file holds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Bundle,
    JoinRequest,
    Roster,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wrapper {
    larum: What,
    version: u8,
    about: String,
    data: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    grants: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acknowledgements: Vec<String>,
}

/// A roster on its way to be signed, and what stewards said of the shares that it puts into use; nothing was checked of that.
pub(crate) struct Proposal {
    pub(crate) roster: SignedRoster,
    pub(crate) acknowledgements: Vec<Vec<u8>>,
}

/// The rosters since the genesis, and salts sealed to the member that the bundle is for.
pub(crate) struct Bundle {
    pub(crate) chain: RosterChain,
    pub(crate) grants: Vec<Signed<Grant>>,
}

/// Writes a join request.
pub(crate) fn write_request(path: &Path, request: &Signed<JoinRequest>) -> Result<(), Failure> {
    let about = format!("{} asks to join", request.name);
    write(path, &Wrapper::new(What::JoinRequest, about, [request.bytes()]), Over::Nothing)
}

/// Reads a join request and checks its signature.
pub(crate) fn read_request(path: &Path) -> Result<Signed<JoinRequest>, Failure> {
    let bytes = read(path)?.single(path, What::JoinRequest)?;
    signed(path, &bytes)
}

/// Writes a roster to a new file.
pub(crate) fn write_roster(path: &Path, roster: &SignedRoster) -> Result<(), Failure> {
    write(path, &Wrapper::roster(roster), Over::Nothing)
}

/// Writes a proposal to a new file.
pub(crate) fn write_proposal(path: &Path, proposal: &Proposal) -> Result<(), Failure> {
    write(path, &Wrapper::proposal(proposal), Over::Nothing)
}

/// Writes a proposal over the file it was read from.
pub(crate) fn rewrite_proposal(path: &Path, proposal: &Proposal) -> Result<(), Failure> {
    write(path, &Wrapper::proposal(proposal), Over::Itself)
}

/// Reads a proposal; whose signatures it carries is for its chain to say.
pub(crate) fn read_proposal(path: &Path) -> Result<Proposal, Failure> {
    let wrapper = read(path)?;
    let acknowledgements = wrapper.acknowledgements.iter().map(|text| decode(path, text)).collect::<Result<_, _>>()?;
    let bytes = wrapper.single(path, What::Roster)?;
    let roster = SignedRoster::decode(&bytes).map_err(|error| Failure::read(path, error))?;
    Ok(Proposal { roster, acknowledgements })
}

/// Reads a roster alone.
pub(crate) fn read_roster(path: &Path) -> Result<SignedRoster, Failure> {
    Ok(read_proposal(path)?.roster)
}

/// Writes a bundle to a new file.
pub(crate) fn write_bundle(path: &Path, bundle: &Bundle) -> Result<(), Failure> {
    let newest = bundle.chain.roster();
    let about = format!("{}: rosters 0 to {}", newest.name, newest.version);
    let rosters: Vec<_> = bundle.chain.since(0).iter().map(SignedRoster::encode).collect();
    let mut wrapper = Wrapper::new(What::Bundle, about, rosters.iter().map(Vec::as_slice));
    wrapper.grants = bundle.grants.iter().map(|grant| BASE64.encode(grant.bytes())).collect();
    write(path, &wrapper, Over::Nothing)
}

/// Reads a bundle and checks its chain from the genesis, and each grant's signature.
pub(crate) fn read_bundle(path: &Path) -> Result<Bundle, Failure> {
    let wrapper = read(path)?.of(path, What::Bundle)?;
    let rosters = wrapper
        .data
        .iter()
        .map(|text| SignedRoster::decode(&decode(path, text)?).map_err(|error| Failure::read(path, error)));
    let chain = chain_of(rosters)?.ok_or_else(|| Failure::read(path, "the bundle is empty"))?;
    let grants = wrapper.grants.iter().map(|text| signed(path, &decode(path, text)?));
    Ok(Bundle { chain, grants: grants.collect::<Result<_, _>>()? })
}

/// Reads a bundle, or a single genesis, as the chain it is.
pub(crate) fn read_chain(path: &Path) -> Result<RosterChain, Failure> {
    match read(path)?.larum {
        What::Roster => Ok(RosterChain::found(read_roster(path)?)?),
        _ => Ok(read_bundle(path)?.chain),
    }
}

/// Whether a file holds a single roster, which may be a proposal that few have signed.
pub(crate) fn is_roster(path: &Path) -> Result<bool, Failure> {
    Ok(read(path)?.larum == What::Roster)
}

/// The chain of rosters that come oldest first; `None` if there are none.
pub(crate) fn chain_of(
    rosters: impl IntoIterator<Item = Result<SignedRoster, Failure>>,
) -> Result<Option<RosterChain>, Failure> {
    let mut chain: Option<RosterChain> = None;
    for roster in rosters {
        match &mut chain {
            None => chain = Some(RosterChain::found(roster?)?),
            Some(chain) => {
                chain.offer(roster?)?;
            }
        }
    }
    Ok(chain)
}

/// Reads a small JSON file of ours.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let file = File::open(path).map_err(|error| Failure::read(path, error))?;
    read_json_from(file, path)
}

/// Reads a small JSON file of ours from what is called `path` in errors.
pub(crate) fn read_json_from<T: DeserializeOwned>(source: impl Read, path: &Path) -> Result<T, Failure> {
    let text = take_bounded(source, path, FILE_BYTES_MAX)?;
    serde_json::from_slice(&text).map_err(|error| {
        // The parser's own message can quote what it stumbled over.
        Failure::read(
            path,
            format_args!("not the JSON that belongs there (line {}, column {})", error.line(), error.column()),
        )
    })
}

/// Writes a new JSON file that only its owner can read.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Failure> {
    let mut text = serde_json::to_vec_pretty(value).expect("our own types are JSON");
    text.push(b'\n');
    write_private(path, &text)
}

/// Writes a new file that only its owner can read, whole or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    place(path, bytes, Over::Nothing)
}

/// Writes a file that only its owner can read in place of what was there, whole or not at all.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    place(path, bytes, Over::Itself)
}

/// Reads a file whole, unless it is larger than anything that belongs there.
pub(crate) fn read_bounded(path: &Path, bytes_max: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let file = File::open(path).map_err(|error| Failure::read(path, error))?;
    take_bounded(file, path, bytes_max)
}

fn take_bounded(source: impl Read, path: &Path, bytes_max: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    source.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|error| Failure::read(path, error))?;
    if bytes.len() as u64 > bytes_max {
        let large = format_args!("it is larger than {bytes_max} bytes, which nothing is that belongs there");
        return Err(Failure::read(path, large).hint("look whether it is the file that you mean"));
    }
    Ok(bytes)
}

/// What may lie where a file goes.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Over {
    Nothing,
    Itself,
}

impl Wrapper {
    fn new<'a>(what: What, about: String, data: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let data = data.into_iter().map(|bytes| BASE64.encode(bytes)).collect();
        Self { larum: what, version: VERSION, about, data, grants: Vec::new(), acknowledgements: Vec::new() }
    }

    fn roster(roster: &SignedRoster) -> Self {
        let (content, signed) = (roster.roster(), roster.signatures().len());
        let about = format!("{}: roster {}, signed by {signed} so far", content.name, content.version);
        Self::new(What::Roster, about, [roster.encode().as_slice()])
    }

    fn proposal(proposal: &Proposal) -> Self {
        let acknowledgements = proposal.acknowledgements.iter().map(|word| BASE64.encode(word)).collect();
        Self { acknowledgements, ..Self::roster(&proposal.roster) }
    }

    fn of(self, path: &Path, what: What) -> Result<Self, Failure> {
        if self.larum != what {
            return Err(Failure::read(path, format_args!("it holds a {}, not a {}", self.larum.name(), what.name())));
        }
        if self.version != VERSION {
            return Err(Failure::read(path, "it was written by another version of larum"));
        }
        Ok(self)
    }

    fn single(self, path: &Path, what: What) -> Result<Vec<u8>, Failure> {
        match self.of(path, what)?.data.as_slice() {
            [text] => decode(path, text),
            _ => Err(Failure::read(path, "it does not hold exactly one")),
        }
    }
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::JoinRequest => "join request",
            Self::Roster => "roster",
        }
    }
}

fn read(path: &Path) -> Result<Wrapper, Failure> {
    read_json(path)
}

fn decode(path: &Path, text: &str) -> Result<Vec<u8>, Failure> {
    BASE64.decode(text.as_bytes()).map_err(|_| Failure::read(path, "it is damaged: the data is not base64"))
}

fn signed<T: SignedObject>(path: &Path, bytes: &[u8]) -> Result<Signed<T>, Failure> {
    let unverified = Unverified::<T>::decode(bytes).map_err(|error| Failure::read(path, error))?;
    unverified.verify().map_err(|error| Failure::read(path, error))
}

fn write(path: &Path, wrapper: &Wrapper, over: Over) -> Result<(), Failure> {
    let mut text = serde_json::to_vec_pretty(wrapper).expect("our own types are JSON");
    text.push(b'\n');
    place(path, &text, over)
}

fn place(path: &Path, bytes: &[u8], over: Over) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: std::io::Error| Failure::write(path, error);
    let mut aside = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    aside.write_all(bytes).and_then(|()| aside.as_file().sync_all()).map_err(failed)?;
    match over {
        Over::Itself => aside.persist(path).map(drop).map_err(|error| failed(error.error))?,
        Over::Nothing => aside.persist_noclobber(path).map(drop).map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Failure::new(format_args!("{} exists already and is not overwritten", path.display()))
            }
            _ => failed(error.error),
        })?,
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
