//! `larum completions`: a script that completes commands, flags and the words of the vocabulary.

use clap::{Command, CommandFactory};

use super::Session;
use crate::{
    Status,
    args::{Cli, CompletionsArgs},
    error::Failure,
};

pub(crate) fn run(args: &CompletionsArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut for_people(&Cli::command()), "larum", &mut script);
    session.console.raw(&script)?;
    Ok(Status::Ok)
}

/// The commands without those that only the program itself calls.
fn for_people(all: &Command) -> Command {
    let shown = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    Command::new("larum").args(all.get_arguments().cloned()).subcommands(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_people_call_is_completed() {
        let shown: Vec<String> = for_people(&Cli::command()).get_subcommands().map(|it| it.get_name().into()).collect();
        assert!(
            shown.iter().any(|name| name == "check") && !shown.iter().any(|name| name.starts_with('_')),
            "{shown:?}"
        );
    }
}
