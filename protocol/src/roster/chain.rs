//! The rosters from genesis to the newest, each signed by the governors of the one before.
//!
//! Invariant: every version in the chain but the genesis carries enough signatures of its predecessor's governors, so
//! whoever trusts the genesis id can trust the newest.
//! Two valid rosters of one version are kept as proof; a successor of either decides between them.

use super::{Roster, SignedRoster, policy, stewards};
use crate::{hash::Digest, keys::BadSignature};

/// All rosters that a node knows, oldest first, and a rival of the newest if there is one.
#[derive(Clone, Debug)]
pub struct RosterChain {
    versions: Vec<SignedRoster>,
    rival: Option<SignedRoster>,
}

/// What became of a roster that was offered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Accepted {
    /// It is the newest now.
    Appended,
    /// It was known, or an older version.
    Known,
    /// A second valid roster of the newest version: proof that governors signed two. Misses answer `unknown` until a
    /// successor decides.
    Rival,
    /// The newest now, and the rival was chosen: what the other one said is void.
    Switched,
}

/// Why a roster was not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RosterError {
    /// The genesis of another consortium.
    #[error("this is the roster of another consortium")]
    OtherConsortium,
    /// Versions between are missing.
    #[error("version {got} does not follow version {newest}; those between are missing")]
    Gap {
        /// The newest known version.
        newest: u64,
        /// The offered one.
        got: u64,
    },
    /// It names a predecessor that nobody knows.
    #[error("version {0} follows a roster that is not known here")]
    UnknownPredecessor(u64),
    /// Fewer governors signed than must.
    #[error("{got} of {threshold} governors' signatures")]
    TooFewSignatures {
        /// How many signed.
        got: usize,
        /// How many must.
        threshold: u8,
    },
    /// A signature that does not verify.
    #[error("roster: {0}")]
    BadSignature(#[from] BadSignature),
    /// It takes back something that no roster may.
    #[error("the roster {0}")]
    Rewrites(&'static str),
}

impl RosterChain {
    /// The chain that starts with a genesis, which its own governors have to have signed.
    pub fn found(genesis: SignedRoster) -> Result<Self, RosterError> {
        if genesis.roster().version != 0 {
            return Err(RosterError::Gap { newest: 0, got: genesis.roster().version });
        }
        check_signatures(genesis.roster(), &genesis)?;
        Ok(Self { versions: vec![genesis], rival: None })
    }

    /// The consortium's id.
    pub fn consortium(&self) -> Digest {
        self.versions[0].id()
    }

    /// The newest roster.
    pub fn newest(&self) -> &SignedRoster {
        self.versions.last().expect("a chain has its genesis")
    }

    /// The newest roster's content.
    pub fn roster(&self) -> &Roster {
        self.newest().roster()
    }

    /// A second valid roster of the newest version, if somebody signed one.
    pub fn rival(&self) -> Option<&SignedRoster> {
        self.rival.as_ref()
    }

    /// All versions from `version` on, oldest first.
    pub fn since(&self, version: u64) -> &[SignedRoster] {
        let start = usize::try_from(version).unwrap_or(usize::MAX).min(self.versions.len());
        &self.versions[start..]
    }

    /// Takes a roster if it is signed by enough governors of the version before it.
    pub fn offer(&mut self, offered: SignedRoster) -> Result<Accepted, RosterError> {
        let newest = self.roster().version;
        let version = offered.roster().version;
        if version == 0 {
            return if offered.id() == self.consortium() {
                Ok(Accepted::Known)
            } else {
                Err(RosterError::OtherConsortium)
            };
        }
        if offered.roster().consortium != Some(self.consortium()) {
            return Err(RosterError::OtherConsortium);
        }
        match version.checked_sub(newest) {
            Some(1) => self.append(offered),
            Some(0) => self.compare(offered),
            None => Ok(Accepted::Known),
            Some(_) => Err(RosterError::Gap { newest, got: version }),
        }
    }

    fn append(&mut self, offered: SignedRoster) -> Result<Accepted, RosterError> {
        let follows = |known: &SignedRoster| offered.roster().prev == Some(known.id());
        if follows(self.newest()) {
            check_successor(self.roster(), &offered)?;
            self.versions.push(offered);
            self.rival = None;
            return Ok(Accepted::Appended);
        }
        match self.rival.take_if(|rival| follows(rival)) {
            Some(rival) => {
                if let Err(error) = check_successor(rival.roster(), &offered) {
                    self.rival = Some(rival);
                    return Err(error);
                }
                self.versions.pop();
                self.versions.extend([rival, offered]);
                Ok(Accepted::Switched)
            }
            None => Err(RosterError::UnknownPredecessor(offered.roster().version)),
        }
    }

    fn compare(&mut self, offered: SignedRoster) -> Result<Accepted, RosterError> {
        let known = [Some(self.newest()), self.rival.as_ref()];
        if known.into_iter().flatten().any(|known| known.id() == offered.id()) {
            return Ok(Accepted::Known);
        }
        let before = &self.versions[self.versions.len() - 2];
        if offered.roster().prev != Some(before.id()) {
            return Err(RosterError::UnknownPredecessor(offered.roster().version));
        }
        check_successor(before.roster(), &offered)?;
        // Which of two is held as the newest must not depend on which came first: the lower id is, at every node.
        let rival = if offered.id() < self.newest().id() {
            self.versions.pop().inspect(|_| self.versions.push(offered))
        } else {
            Some(offered)
        };
        self.rival = rival;
        Ok(Accepted::Rival)
    }
}

fn check_successor(before: &Roster, offered: &SignedRoster) -> Result<(), RosterError> {
    check_signatures(before, offered)?;
    check_follows(before, offered.roster())
}

/// Whether a roster may come after another, whoever signs it.
///
/// # Errors
/// [`RosterError::Rewrites`] says what of the one before it may not be changed so.
pub fn check_follows(before: &Roster, after: &Roster) -> Result<(), RosterError> {
    for member in &before.members {
        let Some(kept) = after.member(member.id) else {
            return Err(RosterError::Rewrites("drops a member instead of marking it as removed"));
        };
        let nodes_kept = member.nodes.iter().all(|node| kept.nodes.iter().any(|other| other.key == node.key));
        if !nodes_kept {
            return Err(RosterError::Rewrites("drops a node instead of retiring it"));
        }
    }
    let newest_before = before.members.last().map(|member| member.id);
    let reused =
        after.members.iter().any(|member| Some(member.id) <= newest_before && before.member(member.id).is_none());
    if reused {
        return Err(RosterError::Rewrites("gives a member's number a second time"));
    }
    policy::check_epochs_follow(&before.epochs, &after.epochs).map_err(RosterError::Rewrites)?;
    policy::check_stretches_follow(before, after).map_err(RosterError::Rewrites)?;
    stewards::check_successor(before, after).map_err(RosterError::Rewrites)
}

fn check_signatures(before: &Roster, offered: &SignedRoster) -> Result<(), RosterError> {
    let got = offered.count_signatures(&before.governors)?;
    if got < usize::from(before.threshold) {
        return Err(RosterError::TooFewSignatures { got, threshold: before.threshold });
    }
    Ok(())
}
