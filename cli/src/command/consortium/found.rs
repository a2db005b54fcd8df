//! `larum consortium found`: the genesis roster, a salt, and governors' keys.

use std::{fs, path::PathBuf};

use larum_protocol::{
    keys::{SecretKey, certify_node},
    roster::{Epoch, JoinRequest, MemberId, Policy, Quota, Roster, SignedRoster, is_name},
    signed::SignedObject,
    tag::Salt,
};
use serde::Serialize;

use super::{Session, addresses, edit, governor, now, words};
use crate::{
    Status,
    args::{Custody, FoundArgs},
    error::Failure,
    files,
    folder::Keys,
    output::count,
};

/// The number of the first salt epoch.
const FIRST_EPOCH: u32 = 1;
/// The genesis in the folder that `--out` names.
const GENESIS_FILE: &str = "genesis.json";

#[derive(Serialize)]
struct Founded {
    consortium: String,
    genesis: PathBuf,
    governor_keys: Vec<PathBuf>,
    signatures: usize,
    threshold: u8,
    complete: bool,
}

pub(super) fn run(args: &FoundArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let folder = session.folder()?;
    let member = folder.member()?;
    if folder.chain()?.is_some() {
        return Err(Failure::new("this member belongs to a consortium already")
            .hint("found another one from another data folder"));
    }
    check_arguments(args)?;
    fs::create_dir_all(&args.out).map_err(|error| Failure::write(&args.out, error))?;
    let genesis_file = args.out.join(GENESIS_FILE);
    if genesis_file.exists() {
        return Err(Failure::new(format_args!("{} exists already and is not overwritten", genesis_file.display())));
    }
    let (keys, salt) = folder.change_secrets(|secrets| {
        // A founding that is broken off leaves its salt behind: nobody has seen a tag of it, and another try may use it.
        let salt = match secrets.salts.get(&FIRST_EPOCH) {
            Some(salt) => Salt::new(*salt),
            None => super::propose::new_salt()?,
        };
        secrets.salts.insert(FIRST_EPOCH, *salt.expose());
        Ok((Keys::of(secrets)?, salt))
    })?;
    let founder = JoinRequest {
        version: JoinRequest::VERSION,
        name: member.name,
        key: keys.member.public(),
        sealing: keys.sealing_public(),
        node: keys.node_public(),
        certificate: certify_node(&keys.member, &keys.node_public()),
        addresses: addresses(&args.address, session)?,
    };
    let (governor_keys, governors) = create_governors(args)?;
    // Whoever answers no, or runs into an error, is left without keys that sign nothing.
    let signed = genesis(args, &founder, &governors, &salt)
        .and_then(|genesis| sign(genesis, &governors, args, session))
        .inspect_err(|_| governor_keys.iter().for_each(|path| governor::discard(path)))?;
    files::write_roster(&genesis_file, &signed)?;
    let complete = signed.signatures().len() >= usize::from(args.threshold);
    if complete {
        files::chain_of([Ok(signed.clone())])?;
        folder.keep(&signed)?;
    }
    let founded = Founded {
        consortium: signed.id().to_string(),
        genesis: genesis_file,
        governor_keys,
        signatures: signed.signatures().len(),
        threshold: args.threshold,
        complete,
    };
    report(&founded, session)
}

fn check_arguments(args: &FoundArgs) -> Result<(), Failure> {
    if !is_name(&args.name) {
        return Err(Failure::new("the consortium's name is empty, too long, or holds control characters"));
    }
    let governors = usize::from(args.governors) + args.governor.len();
    if args.threshold == 0 || usize::from(args.threshold) > governors {
        return Err(Failure::new(format_args!(
            "{} of {} cannot sign",
            args.threshold,
            count(governors as u64, "governor")
        ))
        .hint("--threshold is from 1 to the number of governors"));
    }
    Ok(())
}

fn create_governors(args: &FoundArgs) -> Result<(Vec<PathBuf>, Vec<SecretKey>), Failure> {
    let paths: Vec<_> = (1..=args.governors).map(|number| args.out.join(format!("governor-{number}.key"))).collect();
    let passphrase_file = args.lock.passphrase_file.as_deref();
    let keys = paths.iter().map(|path| governor::create(path, passphrase_file)).collect::<Result<_, _>>()?;
    Ok((paths, keys))
}

fn genesis(
    args: &FoundArgs,
    founder: &JoinRequest,
    governors: &[SecretKey],
    salt: &Salt,
) -> Result<SignedRoster, Failure> {
    let mut policy = Policy::default();
    edit::policy(&mut policy, &args.policy)?;
    if args.custody == Custody::Split {
        edit::split_custody(&mut policy);
    }
    let quota = Quota { asserts: args.quota.quota_asserts, others: args.quota.quota_others };
    let mut roster = Roster {
        format: Roster::FORMAT,
        version: 0,
        consortium: None,
        prev: None,
        issued: now(),
        name: args.name.clone(),
        governors: governors.iter().map(SecretKey::public).chain(args.governor.iter().copied()).collect(),
        threshold: args.threshold,
        members: vec![founder.roster_member(MemberId(1), quota)],
        epochs: vec![Epoch {
            number: FIRST_EPOCH,
            commitment: salt.commitment(FIRST_EPOCH),
            until: None,
            stewards: None,
        }],
        policy,
        plan: None,
    };
    roster.format = roster.format_needed();
    Ok(SignedRoster::propose(roster)?)
}

fn sign(
    mut genesis: SignedRoster,
    governors: &[SecretKey],
    args: &FoundArgs,
    session: &mut Session<'_, '_>,
) -> Result<SignedRoster, Failure> {
    if governors.is_empty() {
        return Ok(genesis);
    }
    words::describe(None, genesis.roster()).iter().for_each(|line| session.console.note(line));
    if !args.yes {
        let question = format!("sign this with {}?", count(governors.len() as u64, "new governor key"));
        session.console.confirm(&question)?;
    }
    governors.iter().for_each(|key| genesis.sign(key));
    Ok(genesis)
}

fn report(founded: &Founded, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let status = session.show(founded, |founded| {
        let mut lines = vec![
            format!("consortium {}", founded.consortium),
            format!("genesis    {}", founded.genesis.display()),
            format!("signed by  {} of the {} governors that must", founded.signatures, founded.threshold),
        ];
        lines.extend(founded.governor_keys.iter().map(|path| format!("governor   {}", path.display())));
        lines.join("\n")
    })?;
    session.console.note(if founded.complete {
        "next: move each governor's key to its holder, then larum serve"
    } else {
        "next: let the governors sign the genesis, then larum consortium apply"
    });
    Ok(status)
}
