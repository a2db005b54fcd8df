//! One row: what a person has to say for each action, and the statement that comes of it.

use std::str::FromStr;

use larum_protocol::{
    api::{Action, StatementRow},
    clock::Day,
    hash::Digest,
    kind::Kind,
    roster::Policy,
    statement::{Statement, is_origin},
    tag::Tags,
    verdict::Report,
    vocabulary::{Evidence, Reason, Role, Stance, Weight},
};

/// A row that reads well, without its identifier.
pub(super) struct Wish {
    action: Action,
    role: Option<Role>,
    reason: Reason,
    evidence: Option<Evidence>,
    observed: Day,
    expires: Day,
    origin: Option<String>,
    re: Option<Digest>,
    /// The statements that a dispute means, if not any.
    about: Option<Vec<Digest>>,
}

/// A wish with the tags of what it is about.
pub(super) struct Prepared {
    pub(super) kind: Kind,
    pub(super) wish: Wish,
    pub(super) tags: Vec<Tags>,
}

/// Why a row is not published.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    /// What it says would not count any more.
    #[error("it would have expired on {0}; nothing would be warned of")]
    Expired(Day),
    /// Whatever else, in words.
    #[error("{0}")]
    Because(String),
}

impl From<String> for Unfit {
    fn from(why: String) -> Self {
        Self::Because(why)
    }
}

impl Wish {
    /// Reads what was written and holds it against the policy. Errors say what is missing or wrong, never the value.
    pub(super) fn read(row: &StatementRow, kind: Kind, policy: &Policy, today: Day) -> Result<Self, Unfit> {
        let kind_policy = policy
            .kind(kind.number())
            .ok_or_else(|| format!("the consortium's policy does not use the kind {kind}"))?;
        let reason: Reason = needed("a reason", row.reason.as_deref())?;
        if reason.is_correction() == (row.action == Action::Publish) {
            return Err(match row.action {
                Action::Publish => "this reason only withdraws or disputes; publish with one that says what was found",
                Action::Withdraw | Action::Dispute => "withdraw and dispute with COR.ERROR, COR.VICTIM or COR.RESOLVED",
            }
            .to_owned()
            .into());
        }
        let role: Option<Role> = optional(row.role.as_deref())?;
        let evidence: Option<Evidence> = optional(row.evidence.as_deref())?;
        let observed: Option<Day> = optional(row.observed.as_deref())?;
        if row.action == Action::Publish {
            needed::<Role>("a role", row.role.as_deref())?;
            needed::<Evidence>("an evidence class", row.evidence.as_deref())?;
            needed::<Day>("the day of the observation", row.observed.as_deref())?;
        }
        let observed = observed.unwrap_or(today);
        if observed > today {
            return Err("it cannot have been observed in the future".to_owned().into());
        }
        let days = match role.map(Role::weight) {
            Some(Weight::Victim) => kind_policy.life_days.min(policy.victim_life_days),
            _ => kind_policy.life_days,
        };
        let latest = observed.plus(days);
        let expires = optional::<Day>(row.expires.as_deref())?.unwrap_or(latest);
        if expires > latest {
            return Err(format!("it may count until {latest} at most: {days} days from the observation").into());
        }
        if expires < today {
            return Err(Unfit::Expired(expires));
        }
        if row.origin.as_deref().is_some_and(|origin| !is_origin(origin)) {
            return Err("an origin is a short name of a-z, 0-9 and hyphens, for example ofac-sdn".to_owned().into());
        }
        let re = optional::<Digest>(row.re.as_deref())?;
        let (about, origin) = (re.map(|re| vec![re]), row.origin.clone());
        Ok(Self { action: row.action, role, reason, evidence, observed, expires, origin, re, about })
    }

    /// The wish to dispute some statements, whoever's they are.
    pub(super) fn objection(
        reason: &str,
        statements: Vec<String>,
        kind: Kind,
        policy: &Policy,
        today: Day,
    ) -> Result<Self, Unfit> {
        let row = StatementRow {
            action: Action::Dispute,
            kind: kind.name().to_owned(),
            value: String::new(),
            region: None,
            asset: None,
            role: None,
            reason: Some(reason.to_owned()),
            evidence: None,
            observed: None,
            expires: None,
            origin: None,
            re: None,
        };
        let about = statements.iter().filter_map(|statement| statement.parse().ok()).collect();
        Ok(Self { about: Some(about), ..Self::read(&row, kind, policy, today)? })
    }

    /// What of others' reports in each epoch a dispute means. In another epoch the same words are another statement.
    pub(super) fn meant(&self, mut others: Vec<Vec<Report>>) -> Vec<Vec<Report>> {
        let Some(about) = &self.about else { return others };
        let named: Vec<Report> =
            others.iter().flatten().filter(|report| about.contains(&report.statement)).cloned().collect();
        for of_epoch in &mut others {
            of_epoch.retain(|report| named.iter().any(|named| say_the_same(named, report)));
        }
        others
    }

    pub(super) const fn is_dispute(&self) -> bool {
        matches!(self.action, Action::Dispute)
    }

    /// Whether it is about something that was said before.
    pub(super) const fn is_correction(&self) -> bool {
        matches!(self.action, Action::Dispute | Action::Withdraw)
    }
}

fn optional<T: FromStr<Err: ToString>>(text: Option<&str>) -> Result<Option<T>, String> {
    text.map(|text| text.parse().map_err(|error: T::Err| error.to_string())).transpose()
}

fn needed<T: FromStr<Err: ToString>>(what: &str, text: Option<&str>) -> Result<T, String> {
    optional(text)?.ok_or_else(|| format!("{what} is needed"))
}

impl Prepared {
    /// The statement about one epoch's subject, behind what the member said `before`; `others` is what other members
    /// say about it.
    pub(super) fn statement(
        &self,
        tags: &Tags,
        before: Option<&Statement>,
        others: &[Report],
    ) -> Result<Statement, String> {
        let wish = &self.wish;
        let mut statement = Statement {
            subject: tags.subject,
            derived: tags.derived.clone(),
            kind: self.kind.number(),
            stance: Stance::Assert,
            revision: before.map_or(1, |before| before.revision.saturating_add(1)),
            role: wish.role.unwrap_or(Role::Unknown(0)),
            reason: wish.reason,
            evidence: wish.evidence.unwrap_or(Evidence::Suspected),
            origin: wish.origin.clone(),
            re: wish.re,
            observed: wish.observed,
            expires: wish.expires,
            keep_until: wish.expires,
        };
        match wish.action {
            Action::Publish => {}
            Action::Withdraw => take_back(&mut statement, before)?,
            Action::Dispute => object(&mut statement, others)?,
        }
        // A statement is kept as long as what it replaces, or that would count again.
        statement.keep_until = statement.keep_until.max(before.map_or(Day::default(), |before| before.keep_until));
        statement.check().map_err(|error| error.to_string())?;
        Ok(statement)
    }
}

fn take_back(statement: &mut Statement, before: Option<&Statement>) -> Result<(), String> {
    let Some(before) = before.filter(|before| before.stance != Stance::Withdraw) else {
        return Err("this employer has said nothing about it that could be withdrawn".to_owned());
    };
    statement.stance = Stance::Withdraw;
    statement.role = before.role;
    statement.evidence = before.evidence;
    statement.origin.clone_from(&before.origin);
    statement.observed = before.observed;
    statement.expires = before.expires.max(before.observed);
    Ok(())
}

fn object(statement: &mut Statement, others: &[Report]) -> Result<(), String> {
    let asserted = || others.iter().filter(|report| report.stance == Stance::Assert);
    let named = || asserted().find(|report| Some(report.statement) == statement.re);
    let Some(about) = named().or_else(|| asserted().next()) else {
        return Err("no other member says anything about it that could be disputed; \
                    to take back this employer's own word, withdraw it"
            .to_owned());
    };
    statement.stance = Stance::Dispute;
    statement.re = Some(about.statement);
    statement.role = about.role;
    statement.expires = statement.expires.max(about.expires);
    statement.keep_until = statement.expires;
    Ok(())
}

/// Whether a new statement would change nothing: the same file published twice must not grow the ledger.
pub(super) fn says_the_same(before: &Statement, new: &Statement) -> bool {
    let Statement { revision: _, keep_until: _, .. } = before;
    Statement { revision: before.revision, keep_until: before.keep_until, ..new.clone() } == *before
}

/// Whether a member says the same in two statements.
fn say_the_same(one: &Report, other: &Report) -> bool {
    let words = |report: &Report| (report.member, report.stance, report.role, report.reason, report.evidence);
    words(one) == words(other) && one.observed == other.observed && one.origin == other.origin
}

#[cfg(test)]
mod tests {
    use larum_protocol::{roster::MemberId, verdict::Match};

    use super::*;

    fn report(member: u32, statement: u8, stance: Stance) -> Report {
        Report {
            member: MemberId(member),
            stance,
            role: Role::ActorControlled,
            reason: Reason::ArtReuse,
            evidence: Evidence::Confirmed,
            origin: None,
            observed: Day(20_000),
            expires: Day(20_400),
            matched: Match::Exact,
            statement: Digest([statement; 32]),
            re: None,
        }
    }

    #[test]
    fn a_dispute_of_one_statement_means_the_same_words_in_another_epoch_and_nobody_elses() {
        let today = Day(20_100);
        let read = vec![Digest([1; 32]).to_string()];
        let wish = Wish::objection("COR.ERROR", read, Kind::Email, &Policy::default(), today);
        let wish = wish.unwrap_or_else(|error| panic!("{error}"));
        let said = |statement| vec![report(1, statement, Stance::Assert), report(2, statement + 1, Stance::Assert)];
        let meant = wish.meant(vec![said(1), said(3)]);
        let statements: Vec<Vec<u8>> =
            meant.iter().map(|of_epoch| of_epoch.iter().map(|report| report.statement.0[0]).collect()).collect();
        assert_eq!(statements, [[1], [3]]);
    }
}
