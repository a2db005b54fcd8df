//! One bulk stream: reads a group of lines, looks it up, writes it out, and keeps the sums for the record.

use std::{convert::Infallible, sync::Arc};

use axum::body::{Body, Bytes};
use futures::FutureExt;
use http_body_util::BodyExt;
use larum_protocol::{
    api::{BulkLine, BulkRow, BulkSummary, CheckResult, CoverageInfo, Identifier, REFERENCE_BYTES_MAX, Verdict},
    hash::Digest,
    receipt::{CoverageSummary, Transcript},
};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    GROUP_LINES,
    lines::{Line, Lines},
};
use crate::{
    audit::{Event, Lookup, Slot, Tally},
    http::{ApiError, App, ServiceError, body, check},
    tokens::Caller,
};

/// A stream between its first line and its last.
pub(super) struct BulkStream {
    app: Arc<App>,
    caller: Caller,
    body: Body,
    lines: Lines,
    input: Input,
    sums: Sums,
    /// The place in the record, until the stream's entry has been written.
    slot: Option<Slot>,
    _place: OwnedSemaphorePermit,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Input {
    Open,
    /// Every line has been read.
    Ended,
    /// The last line of the answer has been written.
    Answered,
}

/// What the stream adds up to so far.
struct Sums {
    asked: blake3::Hasher,
    answered: blake3::Hasher,
    /// Lines read, blank ones included: the number of the newest one.
    line: u64,
    rows: u64,
    identifiers: u64,
    worst: Verdict,
    tallies: Vec<Tally>,
    /// The worst coverage of any group.
    coverage: CoverageInfo,
}

/// One line that was read: its number, the caller's id, and its identifiers or what is wrong with it.
struct Asked {
    line: u64,
    id: Option<String>,
    error: Option<String>,
}

impl BulkStream {
    /// Puts on record that the stream begins, and reserves the place for how it ends.
    pub(super) async fn open(
        app: Arc<App>,
        caller: Caller,
        body: Body,
        place: OwnedSemaphorePermit,
    ) -> Result<Self, ApiError> {
        let coverage = app.service.check_lines(Vec::new(), caller.clone()).await?.coverage;
        let sums = Sums {
            asked: blake3::Hasher::new(),
            answered: blake3::Hasher::new(),
            line: 0,
            rows: 0,
            identifiers: 0,
            worst: Verdict::Clear,
            tallies: Vec::new(),
            coverage,
        };
        let opened = sums.lookup(Event::BulkOpened, &caller, check::summary(&sums.coverage)?);
        app.recorder.record(opened).await?;
        let slot = Some(app.recorder.reserve().await?);
        Ok(Self { app, caller, body, lines: Lines::default(), input: Input::Open, sums, slot, _place: place })
    }

    /// The next piece of the answer, and the stream as it goes on.
    pub(super) async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if self.input == Input::Answered {
            return None;
        }
        let piece = match self.answer_group().await {
            Ok(Some(rows)) => rows,
            Ok(None) => self.finish().await.unwrap_or_else(|error| self.give_up(&error)),
            Err(error) => self.give_up(&error),
        };
        Some((Ok(Bytes::from(piece)), self))
    }

    /// Reads and answers the next group; `None` at the end of the body.
    async fn answer_group(&mut self) -> Result<Option<Vec<u8>>, ApiError> {
        let (mut asked, mut questions) = (Vec::with_capacity(GROUP_LINES), Vec::with_capacity(GROUP_LINES));
        while asked.len() < GROUP_LINES {
            if let Some(line) = self.lines.take() {
                self.sums.read(line, &mut asked, &mut questions);
            } else if self.input == Input::Ended {
                let Some(line) = self.lines.finish() else {
                    break;
                };
                self.sums.read(line, &mut asked, &mut questions);
            } else if !self.read_more(asked.is_empty()).await? {
                break;
            }
        }
        if asked.is_empty() {
            return Ok(None);
        }
        let expected = questions.len();
        let answer = self.app.service.check_lines(questions, self.caller.clone()).await?;
        if answer.lines.len() != expected {
            return Err(ServiceError::Internal("a bulk group was answered in part".to_owned()).into());
        }
        if answer.coverage.state >= self.sums.coverage.state {
            self.sums.coverage = answer.coverage;
        }
        Ok(Some(self.sums.write(asked, answer.lines, &self.app)))
    }

    /// Takes in another piece of the body. Unless `must_wait`, only if it is there already: answers are not held back
    /// for lines that have not come. False if there is none.
    async fn read_more(&mut self, must_wait: bool) -> Result<bool, ApiError> {
        let frame = match self.body.frame().now_or_never() {
            Some(frame) => frame,
            None if !must_wait => return Ok(false),
            None => tokio::time::timeout(self.app.limits().bulk_idle_time, self.body.frame())
                .await
                .map_err(|_| ApiError::bad_request("no line came for too long"))?,
        };
        match frame {
            None => self.input = Input::Ended,
            Some(Err(_)) => return Err(ApiError::bad_request("the body ended early")),
            Some(Ok(frame)) => {
                if let Some(piece) = frame.data_ref() {
                    self.sums.asked.update(piece);
                    self.lines.push(piece);
                }
            }
        }
        Ok(true)
    }

    /// Records the stream, and gives its last line.
    async fn finish(&mut self) -> Result<Vec<u8>, ApiError> {
        let lookup = self.sums.lookup(Event::Bulk, &self.caller, check::summary(&self.sums.coverage)?);
        let slot = self.slot.take().ok_or_else(ApiError::internal)?;
        let receipt = slot.record(lookup).await?;
        self.input = Input::Answered;
        let (lines, identifiers) = (self.sums.rows, self.sums.identifiers);
        let coverage = self.sums.coverage.clone();
        Ok(json_line(&BulkSummary { lines, identifiers, coverage, receipt }))
    }

    /// Ends the stream with a problem as its last line: the status has long been sent.
    fn give_up(&mut self, error: &ApiError) -> Vec<u8> {
        self.input = Input::Answered;
        json_line(&error.problem())
    }
}

impl Drop for BulkStream {
    /// What was answered until here is on record even if the reader is gone.
    fn drop(&mut self) {
        let Some(slot) = self.slot.take() else { return };
        if let Ok(coverage) = check::summary(&self.sums.coverage) {
            slot.record_detached(self.sums.lookup(Event::BulkCut, &self.caller, coverage));
        }
    }
}

impl Sums {
    /// Reads one line into `asked`, and its identifiers, if it has any, into `questions`. Blank lines are passed over.
    fn read(&mut self, line: Line, asked: &mut Vec<Asked>, questions: &mut Vec<Vec<Identifier>>) {
        self.line += 1;
        let line = match line {
            Line::Text(text) if text.trim_ascii().is_empty() => return,
            Line::Text(text) => parse(&text),
            Line::TooLong => Err("the line is too long".to_owned()),
        };
        let (id, error) = match line {
            Ok((id, identifiers)) => {
                self.identifiers += identifiers.len() as u64;
                questions.push(identifiers);
                (id, None)
            }
            Err(error) => (None, Some(error)),
        };
        asked.push(Asked { line: self.line, id, error });
    }

    /// Writes one row for each line asked, and counts it.
    fn write(&mut self, asked: Vec<Asked>, answers: Vec<Vec<CheckResult>>, app: &App) -> Vec<u8> {
        let mut out = Vec::with_capacity(asked.len() * 96);
        let mut answers = answers.into_iter();
        for Asked { line, id, error } in asked {
            let results = if error.is_some() { Vec::new() } else { answers.next().unwrap_or_default() };
            let verdict = results.iter().map(|result| result.verdict).max().unwrap_or(Verdict::Unknown);
            for result in &results {
                Tally::add(&mut self.tallies, &result.kind, result.verdict);
                app.metrics.looked_up(result.verdict, 1);
            }
            self.worst = self.worst.max(verdict);
            write_line(&mut out, &BulkRow { line, id, verdict, results, error });
            self.rows += 1;
        }
        self.answered.update(&out);
        out
    }

    fn lookup(&self, event: Event, caller: &Caller, coverage: CoverageSummary) -> Lookup {
        let digest = |hasher: &blake3::Hasher| Digest(*hasher.finalize().as_bytes());
        Lookup {
            event,
            token: Arc::clone(caller.id()),
            verdict: if self.rows == 0 { Verdict::Unknown } else { self.worst },
            tallies: self.tallies.clone(),
            lines: self.rows,
            coverage,
            transcript: Transcript { request: digest(&self.asked), answer: digest(&self.answered) },
        }
    }
}

fn parse(text: &[u8]) -> Result<(Option<String>, Vec<Identifier>), String> {
    let line: BulkLine = serde_json::from_slice(text).map_err(|error| body::explain(&error))?;
    let (id, identifiers) = match line {
        BulkLine::One(one) => {
            let identifier = Identifier { kind: one.kind, value: one.value, region: one.region, asset: one.asset };
            (one.id, vec![identifier])
        }
        BulkLine::Many(identifiers) => (None, identifiers),
    };
    if id.as_ref().is_some_and(|id| id.len() > REFERENCE_BYTES_MAX) {
        return Err(format!("`id` is longer than {REFERENCE_BYTES_MAX} bytes"));
    }
    check::bounded(&identifiers)?;
    Ok((id, identifiers))
}

fn json_line<T: Serialize>(value: &T) -> Vec<u8> {
    let mut line = Vec::with_capacity(1_024);
    write_line(&mut line, value);
    line
}

fn write_line<T: Serialize>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(&mut *out, value).expect("answers are plain data");
    out.push(b'\n');
}
