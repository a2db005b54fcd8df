//! The commands: one file for each verb.

mod allow;
mod audit;
mod backup;
mod bench;
mod check;
mod completions;
mod consortium;
mod demo;
mod doctor;
mod document;
mod erase;
mod identifiers;
mod init;
mod log;
mod peers;
mod receipt;
mod resume;
mod serve;
mod statements;
mod status;
mod tag;
mod token;
mod vault;
mod watch;

use serde::Serialize;

use crate::{
    Status,
    args::{Cli, Command, Global},
    client::Client,
    console::Console,
    error::Failure,
    folder::DataFolder,
};

/// What every command works with.
pub(crate) struct Session<'c, 'io> {
    pub(crate) global: Global,
    pub(crate) console: &'c mut Console<'io>,
}

impl Session<'_, '_> {
    /// The data folder.
    pub(crate) fn folder(&self) -> Result<DataFolder, Failure> {
        DataFolder::of(&self.global)
    }

    /// A client of the running node.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Client::new(&self.global)
    }

    /// Prints a result: as JSON where that was asked for, else as `text` puts it.
    pub(crate) fn show<T: Serialize>(&mut self, value: &T, text: impl FnOnce(&T) -> String) -> Result<Status, Failure> {
        match self.global.json {
            true => self.console.json(value)?,
            false => self.console.line(&text(value))?,
        }
        Ok(Status::Ok)
    }
}

/// Runs one command.
pub(crate) fn run(cli: Cli, console: &mut Console<'_>) -> Result<Status, Failure> {
    let mut session = Session { global: cli.global, console };
    let session = &mut session;
    match cli.command {
        Command::Allow(command) => allow::run(command, session),
        Command::Audit(command) => audit::run(command, session),
        Command::Backup(args) => backup::backup(&args, session),
        Command::Bench(args) => bench::run(&args, session),
        Command::Check(args) => check::run(args, session),
        Command::Completions(args) => completions::run(&args, session),
        Command::Consortium(command) => consortium::run(command, session),
        Command::Demo(args) => demo::run(&args, session),
        Command::Dispute(args) => statements::correct(larum_protocol::api::Action::Dispute, args, session),
        Command::Doctor => doctor::run(session),
        Command::Erase(args) => erase::run(args, session),
        // Behind its fence the process can do nothing else, not even return.
        Command::Extract => std::process::exit(larum_node::extract::run_child().into()),
        Command::Init(args) => init::run(&args, session),
        Command::Log => log::run(session),
        Command::Peers => peers::run(session),
        Command::Publish(args) => statements::publish(args, session),
        Command::Receipt(command) => receipt::run(command, session),
        Command::Restore(args) => backup::restore(&args, session),
        Command::Resume(command) => resume::run(command, session),
        Command::Serve(args) => serve::run(args, session),
        Command::Status => status::run(session),
        Command::Tag(args) => tag::run(args, session),
        Command::Token(command) => token::run(command, session),
        Command::Vault(command) => vault::run(&command, session),
        Command::Watch(args) => watch::run(args, session),
        Command::Withdraw(args) => statements::correct(larum_protocol::api::Action::Withdraw, args, session),
    }
}
