//! From three employers that have nothing to a consortium whose nodes know each other.

use std::collections::BTreeSet;

use super::super::{
    place::{ALDER, BIRCH, CEDAR, EMPLOYERS, free_ports},
    play::Play,
};
use crate::{
    Status,
    error::Failure,
    files,
    folder::{MEMBER_FILE, MemberFile},
};

/// What Alder hands to the two that it admitted.
pub(super) const BUNDLE: &str = "welcome.json";
const GENESIS: &str = "governors/genesis.json";
const PROPOSAL: &str = "roster-1.json";

pub(super) async fn keys(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("Three employers create their keys")?;
    let mut members = BTreeSet::new();
    for (employer, port) in EMPLOYERS.into_iter().zip(free_ports()?) {
        play.run(&["init", "--org", employer.name, "--data", employer.folder]).await?;
        play.place.configure(employer, port)?;
        if employer == CEDAR {
            play.place.connect(employer, &play.receiver)?;
        }
        let member: MemberFile = files::read_json(&play.place.path().join(employer.folder).join(MEMBER_FILE))?;
        members.insert(member.member_key);
    }
    let differ = members.len() == EMPLOYERS.len();
    play.show.expect("each has keys of its own, and an address on loopback", differ)?;
    play.show.end()
}

pub(super) async fn found(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("Alder founds a consortium that two of three governors decide on")?;
    let founding = ["consortium", "found", "--name", "Fair Hiring Watch", "--governors", "3", "--threshold", "2"];
    let rest = ["--out", "governors", "--yes", "--data", ALDER.folder];
    let done = play.run(&[founding.as_slice(), &rest].concat()).await?;
    play.show.output(&done.out)?;
    let genesis = files::read_chain(&play.place.path().join(GENESIS))?;
    let roster = genesis.roster();
    let held = (roster.threshold, roster.governors.len(), roster.members.len()) == (2, 3, 1);
    play.show.expect("its roster names three governors, and Alder as the only member", held)?;
    play.show.end()
}

pub(super) async fn admit(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("Birch and Cedar ask, and two governors admit them")?;
    for (employer, request) in [(BIRCH, "birch.request"), (CEDAR, "cedar.request")] {
        play.run(&["consortium", "request", "--out", request, "--data", employer.folder]).await?;
    }
    let alder = ["--data", ALDER.folder];
    let admission = ["consortium", "admit", "birch.request", "cedar.request", "--out", PROPOSAL];
    play.run(&[admission.as_slice(), &alder].concat()).await?;

    let sign = |key: &'static str| ["consortium", "sign", PROPOSAL, "--key", key, "--yes", "--data", ALDER.folder];
    let apply = [["consortium", "apply", PROPOSAL].as_slice(), &alder].concat();
    play.run(&sign("governors/governor-1.key")).await?;
    let early = play.attempt(&apply).await?;
    play.show.expect("one governor's signature is not enough", early.is(Status::Failed))?;
    play.run(&sign("governors/governor-3.key")).await?;
    let applied = play.run(&apply).await?;
    play.show.expect("two are: the roster is in force", applied.out.contains("roster 1 is the newest now"))?;

    let show = ["consortium", "show", "--bundle", BUNDLE, "--grant", BIRCH.name, "--grant", CEDAR.name];
    play.run(&[show.as_slice(), &alder].concat()).await?;
    let id = files::read_bundle(&play.place.path().join(BUNDLE))?.chain.consortium().to_string();
    for employer in [BIRCH, CEDAR] {
        let joined = play.run(&["consortium", "join", BUNDLE, "--id", &id, "--data", employer.folder]).await?;
        let has_all = joined.out.contains("roster 1, 3 members") && !joined.err.contains("grants the salt");
        play.show
            .expect(format!("{} holds the roster, and the salt that was sealed to it", employer.short), has_all)?;
    }
    play.show.end()
}

pub(super) async fn serve(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("Each employer runs its node, and the nodes find each other")?;
    for employer in EMPLOYERS {
        play.start(employer).await?;
    }
    for employer in EMPLOYERS {
        let fresh = play.is_fresh(employer, 2).await?;
        play.show.expect(format!("{} is connected with both others and fresh", employer.short), fresh)?;
    }
    play.show.end()
}
