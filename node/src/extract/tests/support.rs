//! This test binary as the child: `support::child` does what the environment says, and the parent's side is the real one.

use std::{
    fs::File,
    hint::black_box,
    io::{self, Write as _},
    net::TcpStream,
    process::Command,
    thread,
};

use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::super::{ExtractError, QUEUE_TIME_MAX, Reader, fence, run_child};

const PROBE: &str = "LARUM_TEST_EXTRACT_PROBE";
const TEST: &str = "extract::tests::support::child";

/// A reader whose children are this binary, doing `probe`.
pub(super) fn reader(probe: &str) -> Reader {
    Reader {
        program: std::env::current_exe().unwrap(),
        arguments: [TEST, "--exact", "--nocapture", "--test-threads=1"].map(Into::into).to_vec(),
        // The test harness runs tests beside its main thread, where glibc would open a file to shrink its heap; the
        // real child has one thread, and so the same arena.
        environment: vec![(PROBE.into(), probe.into()), ("MALLOC_ARENA_MAX".into(), "1".into())],
        slots: Semaphore::new(1),
        queue_time: QUEUE_TIME_MAX,
    }
}

/// What a fenced-in child makes of a document; the test harness's own first line comes before the text.
pub(super) async fn fenced(document: &[u8]) -> Result<Zeroizing<String>, ExtractError> {
    reader("read").text_of(document).await
}

#[test]
fn child() {
    let Ok(probe) = std::env::var(PROBE) else {
        return; // run as a test, it is nobody's child
    };
    if probe == "read" {
        std::process::exit(run_child().into());
    }
    std::panic::set_hook(Box::new(|_| {}));
    fence::enter().unwrap();
    misbehave(&probe);
    // Whatever comes back from the system shows that the fence let it through.
    std::process::exit(0);
}

fn misbehave(probe: &str) {
    match probe {
        "abandon" => thread::park(),
        "allocate" => drop(black_box(vec![1_u8; 600 << 20])),
        "connect" => drop(TcpStream::connect(("127.0.0.1", 9))),
        "execute" => drop(Command::new("/bin/true").spawn()),
        "flood" => io::stdout().write_all(&vec![b'a'; 3 << 20]).unwrap(),
        "open" => drop(File::open("/etc/hostname")),
        "panic" => {
            std::process::exit(i32::from(std::panic::catch_unwind(|| panic!("a document's words")).is_err()) * 101)
        }
        "recurse" => assert!(deep(1) > 0),
        "spin" => loop {
            black_box(());
        },
        "thread" => drop(thread::Builder::new().spawn(|| {})),
        other => unreachable!("no probe is called {other}"),
    }
}

#[expect(unconditional_recursion, reason = "it runs out of stack, which is the point")]
fn deep(level: u64) -> u64 {
    black_box(deep(black_box(level) + 1)) + level
}
