//! A service whose answers depend on the value asked about, so that each test can ask for the case it needs.

use std::collections::HashMap;

use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use larum_protocol::{
    api::*,
    keys::SecretKey,
    tag::{Tag, Tags},
};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::{
    applications::{LookUp, LookedUp, ReadDocuments},
    extract::ExtractError,
    http::{Answer, LinesAnswer, Service, ServiceError},
    reviews::{Consortium, Now, Objected, Objection},
    tokens::Caller,
};

/// A member that tries to run a script in whoever reads its name.
pub(super) const MEMBER: &str = "<script>alert('Alder')</script>";

/// Values with a meaning: what ends in `listed@example.com` is listed, `panic` panics, `never` is never answered, all else is clear.
pub(super) struct Fake {
    /// Rows that were published.
    pub(super) published: Mutex<Vec<StatementRow>>,
    /// Publications take one permit each; a test that takes them away holds publications up.
    pub(super) permits: Semaphore,
    /// What was looked up, by the tag that stands for it, is what is known of it now.
    pub(super) known: Mutex<HashMap<Tag, CheckResult>>,
    /// What was disputed.
    pub(super) objections: Mutex<Vec<Objection>>,
    /// Lines looked up in bulk.
    pub(super) lines: Mutex<u64>,
    pub(super) ready: Mutex<bool>,
    /// The one member, whose node signs receipts.
    pub(super) members: Mutex<MemberList>,
}

impl Default for Fake {
    fn default() -> Self {
        let (published, lines, ready) = (Mutex::default(), Mutex::default(), Mutex::new(true));
        let members = Mutex::new(MemberList { roster: 7, members: vec![member()] });
        let (known, objections) = Default::default();
        Self { published, permits: Semaphore::new(1_000), known, objections, lines, ready, members }
    }
}

/// The member whose node this is.
fn member() -> MemberInfo {
    let (key, active) = (SecretKey::from_seed(&[1; 32]).public().to_string(), "active".to_owned());
    let (peer, status) = ("12D3".to_owned(), active.clone());
    let node = NodeInfo { key, peer, status, addresses: Vec::new(), last_heard: None };
    MemberInfo { name: MEMBER.to_owned(), key: "33".repeat(32), status: active, heard: true, nodes: vec![node] }
}

pub(super) fn coverage() -> CoverageInfo {
    CoverageInfo {
        state: CoverageState::Fresh,
        members: 3,
        heard: 3,
        absent: Vec::new(),
        roster: 7,
        heads: "5a".repeat(32),
        forked: Vec::new(),
    }
}

fn answer(identifiers: &[Identifier]) -> CheckAnswer {
    let results: Vec<_> = identifiers.iter().map(look_up).collect();
    let verdict = results.iter().map(|result| result.verdict).max().unwrap_or(Verdict::Unknown);
    CheckAnswer {
        verdict,
        results,
        coverage: coverage(),
        advice: verdict.advice().into(),
        watch: None,
        warnings: Vec::new(),
        receipt: None,
    }
}

impl LookUp for Fake {
    fn look_up(&self, identifiers: Vec<Identifier>) -> Answer<'_, LookedUp> {
        let CheckAnswer { results, coverage, .. } = answer(&identifiers);
        let mut known = self.known.lock();
        let tagged = |(identifier, result): (&Identifier, &CheckResult)| {
            let subject = Tag(*blake3::hash(identifier.value.as_bytes()).as_bytes());
            known.insert(subject, result.clone());
            vec![Tags { epoch: 1, subject, derived: Vec::new() }]
        };
        let tags = identifiers.iter().zip(&results).map(tagged).collect();
        ready(Ok(LookedUp { results, tags, coverage })).boxed()
    }
}

/// What was looked up stands, unless a test changes `known`; everything can be disputed.
impl Consortium for Fake {
    fn employer(&self) -> String {
        "Acme".to_owned()
    }

    fn now(&self, _: &str, tags: &[Tags]) -> Result<Option<Now>, ServiceError> {
        let result = tags.first().and_then(|tags| self.known.lock().get(&tags.subject).cloned());
        Ok(result.map(|result| Now { result, whole: true }))
    }

    fn dispute(&self, objections: Vec<Objection>, _: &'static str) -> Answer<'_, Objected> {
        async move {
            let _permit = self.permits.acquire().await.unwrap();
            let statements = vec![Ok("ab".repeat(32)); objections.len()];
            self.objections.lock().extend(objections);
            Ok(statements)
        }
        .boxed()
    }
}

/// Gives text as it is, and takes everything else for an encrypted file.
impl ReadDocuments for Fake {
    fn text_of<'a>(&'a self, document: &'a [u8]) -> BoxFuture<'a, Result<Zeroizing<String>, ExtractError>> {
        let text = String::from_utf8(document.to_vec()).map_err(|_| ExtractError::Encrypted);
        ready(text.map(Zeroizing::new)).boxed()
    }
}

/// What a member with a hostile name says about `listed@example.com`.
fn report() -> Report {
    Report {
        member: MEMBER.to_owned(),
        stance: "assert".to_owned(),
        role: "actor-controlled".to_owned(),
        reason: "ART.REUSE".to_owned(),
        evidence: "confirmed".to_owned(),
        observed: "2026-03-02".to_owned(),
        expires: "2028-03-01".to_owned(),
        origin: None,
        derived: None,
        statement: Some("ab".repeat(32)),
        re: None,
    }
}

fn look_up(identifier: &Identifier) -> CheckResult {
    assert_ne!(identifier.value, "panic", "the test asked for a panic");
    match identifier.value.as_str() {
        listed if listed.ends_with("listed@example.com") => {
            CheckResult { reports: vec![report()], ..CheckResult::plain("email", Verdict::Listed) }
        }
        "the text of a listed resume" => CheckResult::plain("resume", Verdict::Caution),
        "broken" => CheckResult::unreadable(Some("email"), "it has no at-sign".to_owned(), Some("b***".to_owned())),
        _ => CheckResult::plain("email", Verdict::Clear),
    }
}

/// A publication needs its evidence; a dispute does not.
fn good(row: &StatementRow) -> bool {
    row.evidence.is_some() || row.action == Action::Dispute
}

impl Service for Fake {
    fn check(&self, request: CheckRequest, _: Caller) -> Answer<'_, CheckAnswer> {
        async move {
            if request.identifiers.iter().any(|identifier| identifier.value == "never") {
                std::future::pending::<()>().await;
            }
            Ok(answer(&request.identifiers))
        }
        .boxed()
    }

    fn check_lines(&self, lines: Vec<Vec<Identifier>>, _: Caller) -> Answer<'_, LinesAnswer> {
        *self.lines.lock() += lines.len() as u64;
        let lines = lines.iter().map(|line| line.iter().map(look_up).collect()).collect();
        ready(Ok(LinesAnswer { lines, coverage: coverage() })).boxed()
    }

    fn state(&self, request: StatementsRequest, _: Caller) -> Answer<'_, StatementsAnswer> {
        async move {
            let _permit = self.permits.acquire().await.unwrap();
            let outcome = |(row, statement): (u64, &StatementRow)| StatementOutcome {
                row,
                statement: good(statement).then(|| "ab".repeat(32)),
                expires: None,
                error: (!good(statement)).then(|| "evidence is missing".to_owned()),
                note: None,
                masked: Some("j***@e***.com".to_owned()),
            };
            let rows: Vec<_> = (1..).zip(&request.statements).map(outcome).collect();
            let refused: Vec<_> = rows
                .iter()
                .filter_map(|row| {
                    let detail = row.error.clone()?;
                    Some(RowProblem { row: row.row, detail, masked: row.masked.clone() })
                })
                .collect();
            if !refused.is_empty() && !request.skip_bad && !request.dry_run {
                return Err(ServiceError::RowsRefused(refused));
            }
            let mut batches = Vec::new();
            if !request.dry_run {
                let mut published = self.published.lock();
                published.extend(request.statements.iter().filter(|row| good(row)).cloned());
                batches.push(BatchRef { log: "cd".repeat(32), seq: published.len() as u64, hash: "ef".repeat(32) });
            }
            let (bad, dry_run) = (refused.len() as u64, request.dry_run);
            Ok(StatementsAnswer { accepted: rows.len() as u64 - bad, refused: bad, dry_run, batches, rows })
        }
        .boxed()
    }

    fn status(&self) -> Answer<'_, StatusAnswer> {
        ready(Ok(StatusAnswer {
            version: "0.1.0".to_owned(),
            member: "Acme".to_owned(),
            node: "11".repeat(32),
            peer: "12D3".to_owned(),
            consortium: "02".repeat(32),
            log: None,
            coverage: coverage(),
            peers: 2,
            listen: Vec::new(),
            store: StoreInfo::default(),
            steward_budget_left: None,
            started: "2026-11-22T00:00:00Z".to_owned(),
            warnings: vec![Warning { code: "unlock-file".to_owned(), text: "Set unlock_file.".to_owned() }],
        }))
        .boxed()
    }

    fn members(&self) -> Answer<'_, MemberList> {
        ready(Ok(self.members.lock().clone())).boxed()
    }

    fn peers(&self) -> Answer<'_, PeerList> {
        ready(Ok(PeerList::default())).boxed()
    }

    fn logs(&self) -> Answer<'_, LogList> {
        ready(Ok(LogList::default())).boxed()
    }

    fn rosters(&self, _: u64) -> Answer<'_, RosterList> {
        ready(Ok(RosterList::default())).boxed()
    }

    fn tags(&self, request: TagsRequest) -> Answer<'_, TagsAnswer> {
        let tag = |_| TagsResult { tags: Some(vec!["7a".repeat(32)]), error: None };
        ready(Ok(TagsAnswer { results: request.identifiers.iter().map(tag).collect() })).boxed()
    }

    fn vault(&self) -> Answer<'_, VaultAnswer> {
        ready(Ok(VaultAnswer::default())).boxed()
    }

    fn republish(&self) -> Answer<'_, RepublishAnswer> {
        ready(Ok(RepublishAnswer::default())).boxed()
    }

    fn stewards(&self) -> Answer<'_, StewardsAnswer> {
        ready(Ok(StewardsAnswer::default())).boxed()
    }

    fn offer_roster(&self, _: RosterOffer) -> Answer<'_, RosterAnswer> {
        ready(Ok(RosterAnswer { outcome: RosterOutcome::Known, version: 0 })).boxed()
    }

    fn allow(&self, request: AllowRequest, _: Caller) -> Answer<'_, AllowAnswer> {
        ready(Ok(AllowAnswer { changed: request.identifiers.len() as u64, rows: Vec::new() })).boxed()
    }

    fn allow_list(&self) -> Answer<'_, AllowList> {
        ready(Ok(AllowList::default())).boxed()
    }

    fn ready(&self) -> Answer<'_, ()> {
        let ready_now = *self.ready.lock();
        let answer = if ready_now { Ok(()) } else { Err(ServiceError::Unavailable("catching up".to_owned())) };
        ready(answer).boxed()
    }
}
