//! `larum completions`: a script that completes commands, flags and the words of the vocabulary.

use clap::CommandFactory;

use super::Session;
use crate::{
    Status,
    args::{Cli, CompletionsArgs},
    error::Failure,
};

pub(crate) fn run(args: &CompletionsArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "larum", &mut script);
    session.console.raw(&script)?;
    Ok(Status::Ok)
}
