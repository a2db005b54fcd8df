//! What the machine gives: room on the disk, open files, a fence for documents.

use larum_node::extract;
use rustix::{
    fs::statvfs,
    process::{Resource, getrlimit},
};

use super::Finding;
use crate::folder::DataFolder;

/// Bytes that should be free: a day's worth of the largest quotas, and a compaction of them.
const FREE_BYTES_MIN: u64 = 1024 * 1024 * 1024;
/// Open files that a node of a large consortium needs: connections of HTTP and of peers, and its own segments.
const OPEN_FILES_MIN: u64 = 4_096;
/// What the reader of documents is tried with.
const DOCUMENT: &[u8] = b"A document of one line, in plain words.\n";

pub(super) fn look(folder: &DataFolder) -> Vec<Finding> {
    let room = folder.path().is_dir().then(|| room(folder));
    room.into_iter().chain([open_files(), documents()]).collect()
}

fn room(folder: &DataFolder) -> Finding {
    let hint =
        "make room, or move the data folder: what was acknowledged stays, and nothing new is taken on a full disk";
    match statvfs(folder.path()) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let text = format!("{} are free for the data folder", indicatif::HumanBytes(free));
            if free < FREE_BYTES_MIN { Finding::warning(text, hint) } else { Finding::good(text) }
        }
        Err(error) => Finding::bad(format!("the data folder's disk cannot be looked at: {error}"), hint),
    }
}

fn open_files() -> Finding {
    let limit = getrlimit(Resource::Nofile).current;
    match limit {
        Some(limit) if limit < OPEN_FILES_MIN => Finding::warning(
            format!("a process may open {limit} files here; a busy node needs {OPEN_FILES_MIN}"),
            "ulimit -n, or LimitNOFILE= in the service's unit",
        ),
        _ => Finding::good("a process may open enough files here"),
    }
}

fn documents() -> Finding {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let hint =
        "checks of identifiers work; resumes have to be given as text. See Reading documents in the operator guide";
    let read = match runtime {
        Ok(runtime) => runtime.block_on(extract::text_of(DOCUMENT)).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match read {
        Ok(_) => Finding::good("documents are read behind the fence"),
        Err(error) => Finding::bad(format!("documents cannot be read on this machine: {error}"), hint),
    }
}
