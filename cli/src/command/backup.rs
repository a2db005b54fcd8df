//! `larum backup` and `larum restore`: a copy of the data folder, and a data folder from a copy.

use larum_node::{
    backup::{self, BackupError, Copied},
    config::Settings,
};

use super::Session;
use crate::{
    Status,
    args::{BackupArgs, RestoreArgs},
    error::Failure,
    output::count,
};

pub(crate) fn backup(args: &BackupArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let config = session.folder()?.config(Settings::default())?;
    let copied = backup::backup(&config, &args.target).map_err(failure)?;
    let status = session.show(&copied, |copied| told(copied, "copied"))?;
    let console = &mut session.console;
    for file in &copied.apart {
        console.note(&format!("not in it: {}; keep a copy elsewhere, a restore needs it", file.display()));
    }
    console.note("not in it: the index and cli.token, which the node makes anew");
    Ok(status)
}

pub(crate) fn restore(args: &RestoreArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let folder = session.folder()?;
    let restored = backup::restore(&args.source, folder.path()).map_err(failure)?;
    let status = session.show(&restored, |restored| told(restored, "restored"))?;
    let missing = backup::apart(&folder.config(Settings::default())?).into_iter().filter(|file| !file.exists());
    for file in missing {
        session.console.note(&format!("before you start the node: put {} back", file.display()));
    }
    session.console.note("next: larum serve. The node opens a new log; what it said before goes on counting");
    Ok(status)
}

fn told(copied: &Copied, done: &str) -> String {
    format!("{}, {} bytes {done}: {}", count(copied.files as u64, "file"), copied.bytes, copied.names.join(", "))
}

fn failure(error: BackupError) -> Failure {
    let hint = match &error {
        BackupError::Held(_) => {
            "stop the node for the time of the copy: what is copied while it runs does not fit together"
        }
        BackupError::Nothing(_) => "name the data folder with --data or LARUM_DATA",
        BackupError::NotEmpty(_) => "name another one with --data, or move away what lies there",
        BackupError::NotWhole { .. } => "use another backup",
        _ => return Failure::new(error),
    };
    Failure::new(error).hint(hint)
}
