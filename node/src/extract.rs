//! The text of a document that somebody else made: PDF, DOCX, ODT, RTF, HTML or plain text.
//!
//! A resume is hostile until proven otherwise, and its parsers are the largest body of code that it can reach. So they
//! run in a child: this same binary, as `larum __extract`. It is given the bytes on standard input, puts itself behind a
//! fence (`fence.rs`) before it reads the first of them, and answers with text on standard output or an exit status.
//!
//! Invariant: a document is never written to a disk, and no message repeats what it holds.
//! Invariant: whatever a document does to its child, this process gets text within bounds or one [`ExtractError`].
//! Absent on purpose: what a resume means, and reading text out of pictures.

mod child;
mod error;
mod fence;
mod html;
mod office;
mod pdf;
mod plain;
mod rtf;
mod sniff;
mod text;
mod xml;

use std::{
    ffi::OsString,
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::LazyLock,
    thread,
    time::Duration,
};

use larum_protocol::kind::RESUME_BYTES_MAX;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
    sync::Semaphore,
    time,
};
use zeroize::Zeroizing;

pub use self::{child::run as run_child, error::ExtractError};

/// The hidden command that makes the binary a child.
pub const COMMAND: &str = "__extract";

/// Bytes of a document: what applicant-tracking systems take, and several times what a resume with pictures has.
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of text: what a resume may have; longer than any, and short enough to hold for every child at once.
pub const TEXT_BYTES_MAX: usize = RESUME_BYTES_MAX;

/// From the start of a child to its end: real documents take a fraction of a second, and a person waits for the answer,
/// which is to be there within ten seconds.
const CHILD_TIME_MAX: Duration = Duration::from_secs(8);

/// How long a document waits for others to be read: three of the slowest before it, then the caller is told.
const QUEUE_TIME_MAX: Duration = Duration::from_secs(30);

/// As many children as cores: each of them computes and does nothing else.
static READER: LazyLock<Reader> = LazyLock::new(|| {
    // On Linux this link names the running image itself, even after an upgrade has replaced the file.
    let own = if cfg!(target_os = "linux") { PathBuf::from("/proc/self/exe") } else { PathBuf::new() };
    Reader::new(own, thread::available_parallelism().map_or(1, usize::from))
});

/// The text of a document. Only for use in the `larum` binary, since it starts that again: see [`Reader`].
pub async fn text_of(document: &[u8]) -> Result<Zeroizing<String>, ExtractError> {
    READER.text_of(document).await
}

/// Starts children, a bounded number at a time.
#[derive(Debug)]
pub struct Reader {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    slots: Semaphore,
    queue_time: Duration,
}

impl Reader {
    /// A reader whose children are `program`, a `larum` binary.
    pub fn new(program: PathBuf, children: usize) -> Self {
        Self {
            program,
            arguments: vec![COMMAND.into()],
            environment: Vec::new(),
            slots: Semaphore::new(children),
            queue_time: QUEUE_TIME_MAX,
        }
    }

    /// The text of a document.
    pub async fn text_of(&self, document: &[u8]) -> Result<Zeroizing<String>, ExtractError> {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(ExtractError::TooLarge);
        }
        let slot = time::timeout(self.queue_time, self.slots.acquire()).await;
        let _slot = slot.ok().and_then(Result::ok).ok_or(ExtractError::Busy)?;
        let mut child = self.start()?;
        match time::timeout(CHILD_TIME_MAX, converse(&mut child, document)).await {
            Ok(answer) => answer,
            Err(_) => {
                // Waits for the end, so that the slot is free only when its child is gone.
                let _ = child.kill().await;
                Err(ExtractError::TooSlow)
            }
        }
    }

    fn start(&self) -> Result<Child, ExtractError> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().envs(self.environment.iter().cloned()).current_dir("/");
        // Standard error is closed: what a parser says about a document may quote it.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        command.spawn().map_err(|error| {
            tracing::error!(kind = %error.kind(), "cannot start the reader of documents");
            ExtractError::NotStarted
        })
    }
}

/// Gives the child its document and takes its answer, both at once, since either pipe may fill.
async fn converse(child: &mut Child, document: &[u8]) -> Result<Zeroizing<String>, ExtractError> {
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(ExtractError::NotStarted);
    };
    let feed = async move {
        // A child that ended early closes its end; how it ended says why.
        let _ = input.write_all(document).await;
    };
    // Room for all of it at once, so that no copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(TEXT_BYTES_MAX + 64));
    let mut output = output.take(TEXT_BYTES_MAX as u64 + 1);
    let read = async {
        let done = output.read_to_end(&mut bytes).await;
        done.map(|_| bytes.len() <= TEXT_BYTES_MAX)
    };
    tokio::pin!(feed, read);
    // The answer ends the conversation, even where the child never took the whole document.
    let fits = tokio::select! {
        fits = &mut read => fits,
        () = &mut feed => read.await,
    };
    match fits {
        Ok(true) => {}
        Ok(false) => {
            let _ = child.kill().await;
            return Err(ExtractError::TextTooLong);
        }
        Err(_) => return Err(ExtractError::Crashed),
    }
    let status = child.wait().await.map_err(|_| ExtractError::Crashed)?;
    meaning(status)?;
    let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        ExtractError::Crashed
    })?;
    Ok(Zeroizing::new(text))
}

/// What the end of a child says.
fn meaning(status: ExitStatus) -> Result<(), ExtractError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(ExtractError::of_exit_code(code)),
        (None, Some(signal)) => Err(ExtractError::of_signal(signal)),
        (None, None) => Err(ExtractError::Crashed),
    }
}

#[cfg(test)]
mod tests;
