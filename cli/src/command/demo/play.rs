//! What the steps work with: the stage, the commands, the nodes that run, and answers that are waited for.

use std::time::Duration;

use larum_protocol::api::{CheckAnswer, CoverageState, StatusAnswer, StewardsAnswer, Verdict};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::{
    larum::{Done, Larum},
    node::Node,
    place::{EMPLOYERS, Employer, Place},
    receiver::Receiver,
    show::Show,
};
use crate::{
    Status,
    args::Global,
    client::{Client, ClientError},
    error::Failure,
};

/// How long an answer may take to become the one that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two times of asking.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether what a node knows of stewards is what is waited for.
pub(super) type StewardsWanted = fn(&StewardsAnswer) -> bool;

/// Everything that a step may touch.
pub(super) struct Play<'p, 'c, 'io> {
    pub(super) place: &'p Place,
    pub(super) show: &'p mut Show<'c, 'io>,
    pub(super) larum: Larum,
    pub(super) receiver: Receiver,
    nodes: [Option<Node>; EMPLOYERS.len()],
}

impl<'p, 'c, 'io> Play<'p, 'c, 'io> {
    pub(super) fn new(place: &'p Place, show: &'p mut Show<'c, 'io>, receiver: Receiver) -> Result<Self, Failure> {
        Ok(Self { place, show, larum: Larum::new(place.path())?, receiver, nodes: Default::default() })
    }

    /// Shows a command and runs it, however it ends.
    pub(super) async fn attempt(&mut self, arguments: &[&str]) -> Result<Done, Failure> {
        self.show.command(arguments)?;
        self.larum.run(arguments).await
    }

    /// Shows a command and runs it; it has to succeed.
    pub(super) async fn run(&mut self, arguments: &[&str]) -> Result<Done, Failure> {
        let done = self.attempt(arguments).await?;
        if done.is(Status::Ok) { Ok(done) } else { Err(done.failure(arguments)) }
    }

    /// Runs a command off stage and reads the JSON that it prints.
    async fn quietly<T: DeserializeOwned>(&self, arguments: &[&str]) -> Result<T, Failure> {
        let done = self.larum.run(arguments).await?;
        serde_json::from_str(&done.out).map_err(|_| done.failure(arguments))
    }

    /// What an employer's node knows about some identifiers.
    pub(super) async fn verdict(&self, employer: Employer, identifiers: &[&str]) -> Result<Verdict, Failure> {
        let arguments = [&["check", "--json", "--data", employer.folder], identifiers].concat();
        Ok(self.quietly::<CheckAnswer>(&arguments).await?.verdict)
    }

    /// Asks an employer's node until its verdict is the one that is waited for; every other has to be one of
    /// `meanwhile`. Says whether all that came about.
    pub(super) async fn becomes(
        &self,
        employer: Employer,
        identifiers: &[&str],
        wanted: Verdict,
        meanwhile: &[Verdict],
    ) -> Result<bool, Failure> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match self.verdict(employer, identifiers).await? {
                verdict if verdict == wanted => return Ok(true),
                verdict if meanwhile.contains(&verdict) => sleep(PAUSE).await,
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Waits until what an employer's node knows of stewards is what is wanted.
    pub(super) async fn stewards_become(&self, employer: Employer, wanted: StewardsWanted) -> Result<bool, Failure> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let show = ["consortium", "stewards", "show", "--json", "--data", employer.folder];
            if wanted(&self.quietly(&show).await?) {
                return Ok(true);
            }
            sleep(PAUSE).await;
        }
        Ok(false)
    }

    /// Waits until an employer's node is connected with `peers` others, and fresh.
    pub(super) async fn is_fresh(&self, employer: Employer, peers: u32) -> Result<bool, Failure> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let status: StatusAnswer = self.quietly(&["status", "--json", "--data", employer.folder]).await?;
            if status.peers == peers && status.coverage.state == CoverageState::Fresh {
                return Ok(true);
            }
            sleep(PAUSE).await;
        }
        Ok(false)
    }

    /// Looks until there is what is looked for, as long as patience lasts.
    pub(super) async fn eventually<T>(
        &self,
        mut look: impl AsyncFnMut() -> Result<Option<T>, Failure>,
    ) -> Result<Option<T>, Failure> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match look().await? {
                Some(found) => return Ok(Some(found)),
                None => sleep(PAUSE).await,
            }
        }
        Ok(None)
    }

    /// Asks an employer's node over its API what no command shows.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        employer: Employer,
        question: impl FnOnce(&Client) -> Result<T, ClientError> + Send + 'static,
    ) -> Result<T, Failure> {
        let folder = self.place.path().join(employer.folder);
        let global = Global { data: Some(folder), node: None, token_file: None, json: true };
        // The client blocks, and runs on a runtime of its own.
        let asked = tokio::task::spawn_blocking(move || Ok(question(&Client::new(&global)?)?));
        asked.await.map_err(|error| Failure::new(format_args!("a node could not be asked: {error}")))?
    }

    /// Shows the command that runs an employer's node, starts it, and shows what it says.
    pub(super) async fn start(&mut self, employer: Employer) -> Result<(), Failure> {
        self.show.command(&Node::arguments(employer))?;
        let node = Node::start(&self.larum, self.place, employer).await?;
        self.show.output(&node.said)?;
        self.nodes[at(employer)] = Some(node);
        Ok(())
    }

    /// Takes a running node off the stage, to end it.
    pub(super) fn take(&mut self, employer: Employer) -> Result<Node, Failure> {
        self.nodes[at(employer)].take().ok_or_else(|| Failure::new("a node that should run does not"))
    }

    /// Kills and reaps whatever still runs.
    pub(super) async fn clear_stage(&mut self) {
        for node in self.nodes.iter_mut().filter_map(Option::take) {
            let _ = node.kill().await; // gone already is as good
        }
    }
}

fn at(employer: Employer) -> usize {
    EMPLOYERS.iter().position(|other| *other == employer).expect("there are three employers")
}
