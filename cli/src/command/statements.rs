//! `larum publish`, `withdraw`, `dispute`: what this member states.
//!
//! A file goes in requests of as many rows as one may hold. Without `--skip-bad` every request is first sent as a dry
//! run, so that one bad row anywhere means that nothing is published.
//! Invariant: an idempotency key goes with every request, and stays the same when it is repeated.

mod rows;

use larum_protocol::{
    api::{Action, BatchRef, Problem, RowProblem, StatementRow, StatementsAnswer, StatementsRequest, path},
    vocabulary::Evidence,
};
use serde::Serialize;

use self::rows::{Collected, Numbered};
use super::Session;
use crate::{
    Status,
    args::{CorrectionArgs, PublishArgs, RowArgs},
    client::{Client, ClientError},
    error::Failure,
    input::{Field, Row},
    output::{count, plain, short},
    progress::Progress,
};

/// Row problems that are named; the rest is counted.
const PROBLEMS_SHOWN_MAX: usize = 100;

/// What became of all rows of a file.
#[derive(Default, Serialize)]
struct Outcome {
    dry_run: bool,
    accepted: u64,
    refused: u64,
    batches: Vec<BatchRef>,
    /// The key that repeats this command without publishing anything twice.
    idempotency_key: String,
    /// Refused rows, by their number in the file.
    problems: Vec<RowProblem>,
    /// What to know about accepted rows.
    notes: Vec<RowProblem>,
}

pub(crate) fn publish(mut args: PublishArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let mut shared = rows::shared(&args.rows);
    let word = |word: Option<String>| word.unwrap_or_default();
    shared.set(Field::Role, &word(args.role.map(|role| role.to_string())));
    shared.set(Field::Reason, &word(args.reason.map(|reason| reason.to_string())));
    shared.set(Field::Evidence, &word(args.evidence.map(|evidence| evidence.to_string())));
    shared.set(Field::Observed, &word(args.observed.map(|day| day.to_string())));
    shared.set(Field::Expires, &word(args.expires.map(|day| day.to_string())));
    args.rows.leave_out_refused = args.origin.is_some();
    shared.set(Field::Origin, &word(args.origin));
    if let Some(evidence) = args.evidence {
        session.console.note(&crate::output::wrap(&standard(evidence), 0));
    }
    state(Action::Publish, &args.rows, &shared, session)
}

pub(crate) fn correct(action: Action, args: CorrectionArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let mut shared = rows::shared(&args.rows);
    shared.set(Field::Reason, &args.reason.map(|reason| reason.to_string()).unwrap_or_default());
    shared.set(Field::Re, args.re.as_deref().unwrap_or_default());
    state(action, &args.rows, &shared, session)
}

/// The standard that a publisher ticks by naming the class.
fn standard(evidence: Evidence) -> String {
    let standard = match evidence {
        Evidence::Confirmed => {
            "reasonable grounds that fraud was attempted; evidence clear enough to hand to the police; the reason given \
             fits; the application was refused or withdrawn, or the engagement ended, because of it"
        }
        Evidence::Suspected => {
            "reasonable grounds, not yet proven; never more than caution unless other members report it too"
        }
        Evidence::Unknown(_) => "a class of a later version",
    };
    format!("you state that the evidence is {evidence}: {standard}")
}

fn state(action: Action, args: &RowArgs, shared: &Row, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let collected = rows::collect(action, args, shared, session.console)?;
    if !collected.broken.is_empty() && !args.skip_bad {
        tell(&collected.broken, session);
        return Err(Failure::new(format_args!(
            "{}, nothing was sent",
            count(collected.broken.len() as u64, "broken row")
        ))
        .hint("mend the file, or pass --skip-bad to send the other rows"));
    }
    if collected.good.is_empty() {
        tell(&collected.broken, session);
        return Err(Failure::new("there is no row to send").hint("pass --kind and --value, or --file"));
    }
    let client = session.client()?;
    let outcome = send(&client, collected, args, session)?;
    report(action, &outcome, args.skip_bad || args.leave_out_refused, session)
}

/// Tells which rows are wrong, and why.
fn tell(problems: &[RowProblem], session: &mut Session<'_, '_>) {
    for problem in problems.iter().take(PROBLEMS_SHOWN_MAX) {
        let masked = problem.masked.as_deref().map(|masked| format!(" {}", plain(masked))).unwrap_or_default();
        session.console.note(&format!("row {}{masked}: {}", problem.row, plain(&problem.detail)));
    }
    if let Some(more) = problems.len().checked_sub(PROBLEMS_SHOWN_MAX).filter(|more| *more > 0) {
        session.console.note(&format!("and {} more", count(more as u64, "row")));
    }
}

fn send(
    client: &Client,
    collected: Collected,
    args: &RowArgs,
    session: &mut Session<'_, '_>,
) -> Result<Outcome, Failure> {
    let key = match &args.idempotency_key {
        Some(key) => key.clone(),
        None => random_key()?,
    };
    let mut outcome = Outcome { dry_run: args.dry_run, idempotency_key: key, ..Outcome::default() };
    outcome.refused = collected.broken.len() as u64;
    outcome.problems = collected.broken;
    let requests = rows::requests(collected.good);
    // One request is all or nothing by itself; several have to be looked at before the first is published.
    let leave_out = args.skip_bad || args.leave_out_refused;
    if requests.len() > 1 && !leave_out && !args.dry_run {
        let mut rehearsal = Outcome::default();
        each(client, &requests, Mode::DryRun, &mut rehearsal, session)?;
        if !rehearsal.problems.is_empty() {
            return Ok(Outcome { accepted: 0, batches: Vec::new(), ..rehearsal });
        }
    }
    let mode = match (args.dry_run, leave_out) {
        (true, _) => Mode::DryRun,
        (false, true) => Mode::SkipBad,
        (false, false) => Mode::AllOrNothing,
    };
    each(client, &requests, mode, &mut outcome, session)?;
    Ok(outcome)
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Mode {
    AllOrNothing,
    DryRun,
    SkipBad,
}

fn each(
    client: &Client,
    requests: &[Vec<Numbered>],
    mode: Mode,
    outcome: &mut Outcome,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    let total = requests.iter().map(|rows| rows.len() as u64).sum();
    let what = if mode == Mode::DryRun { "looked at" } else { "sent" };
    let progress = Progress::new(session.console, what, Some(total));
    for (number, rows) in requests.iter().enumerate() {
        let statements: Vec<StatementRow> = rows.iter().map(|(_, row)| row.clone()).collect();
        let body = StatementsRequest { statements, dry_run: mode == Mode::DryRun, skip_bad: mode == Mode::SkipBad };
        let key = format!("{}-{number}{}", outcome.idempotency_key, if body.dry_run { "-dry" } else { "" });
        match client.post_once::<_, StatementsAnswer>(path::STATEMENTS, &body, &key) {
            Ok(answer) => outcome.add(answer, rows),
            Err(ClientError::Problem(problem)) if !problem.errors.is_empty() => outcome.refuse(*problem, rows),
            Err(error) => return Err(after(number, error.into(), outcome)),
        }
        progress.add(rows.len() as u64);
    }
    Ok(())
}

/// What to know where a request fails after others were published.
fn after(requests_done: usize, failure: Failure, outcome: &Outcome) -> Failure {
    if requests_done == 0 || outcome.accepted == 0 {
        return failure;
    }
    Failure::new(format_args!("{}; {} published before", failure.message(), count(outcome.accepted, "row"))).hint(
        format_args!(
            "repeat the command with --idempotency-key {}, and nothing is published twice",
            outcome.idempotency_key
        ),
    )
}

impl Outcome {
    fn add(&mut self, answer: StatementsAnswer, rows: &[Numbered]) {
        self.accepted += answer.accepted;
        self.refused += answer.refused;
        self.batches.extend(answer.batches);
        for row in answer.rows {
            let number = place(rows, row.row);
            let told = |detail| RowProblem { row: number, detail, masked: row.masked.clone() };
            self.problems.extend(row.error.map(told));
            self.notes.extend(row.note.map(told));
        }
    }

    fn refuse(&mut self, problem: Problem, rows: &[Numbered]) {
        self.refused += problem.errors.len() as u64;
        let errors = problem.errors.into_iter();
        self.problems.extend(errors.map(|error| RowProblem { row: place(rows, error.row), ..error }));
    }
}

/// The row in the file that a request's row stands for.
fn place(rows: &[Numbered], row: u64) -> u64 {
    let at = usize::try_from(row).ok().and_then(|row| row.checked_sub(1));
    at.and_then(|at| rows.get(at)).map_or(row, |(number, _)| *number)
}

fn report(
    action: Action,
    outcome: &Outcome,
    leave_out: bool,
    session: &mut Session<'_, '_>,
) -> Result<Status, Failure> {
    tell(&outcome.problems, session);
    tell(&outcome.notes, session);
    session.show(outcome, |outcome| {
        let done = match (outcome.dry_run, action) {
            (true, _) => "would be accepted",
            (false, Action::Publish) => "published",
            (false, Action::Withdraw) => "withdrawn",
            (false, Action::Dispute) => "disputed",
        };
        let mut lines = vec![format!("{} {done}, {} refused", count(outcome.accepted, "row"), outcome.refused)];
        for batch in &outcome.batches {
            lines.push(format!("log {}, batch {}, {}", short(&batch.log), batch.seq, short(&batch.hash)));
        }
        lines.join("\n")
    })?;
    if outcome.problems.is_empty() || (leave_out && outcome.accepted > 0) {
        return Ok(Status::Ok);
    }
    let failure = Failure::new("rows were refused, so nothing was published");
    let mend = "mend them, or pass --skip-bad to send the others";
    // Only under split custody does a row lack a tag for want of others.
    Err(match outcome.problems.iter().any(|problem| problem.detail.contains("steward")) {
        true => failure
            .hint(format_args!("{mend}; where stewards gave no tag, try again later: nothing is wrong with the row")),
        false => failure.hint(mend),
    })
}

fn random_key() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Failure::new("the system gives no random numbers"))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}
