//! Every way in which a document gives no text: what happened, and what to do next.
//!
//! The child tells some of them by its exit status, the others are read from how it ended.

use rustix::process::Signal;

use super::{DOCUMENT_BYTES_MAX, TEXT_BYTES_MAX};

/// What an exit status begins at: apart from those of panics (101), shells (126 and on) and usage errors (2).
const EXIT_CODE_BASE: i32 = 64;

/// Why a document gives no text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExtractError {
    /// All readers were busy for long.
    #[error("too many documents are being read")]
    Busy,
    /// A parser panicked, or fell.
    #[error("the file broke the program that read it; it is damaged, or made to do harm")]
    Crashed,
    /// It is not what its first bytes say it is.
    #[error("the file is damaged or cut short")]
    Damaged,
    /// It wants a password.
    #[error("the file is encrypted")]
    Encrypted,
    /// The system, or somebody on it, killed the child.
    #[error("the program that read the file was killed")]
    Killed,
    /// The system cannot fence a child in.
    #[error("this system cannot fence in the program that reads files")]
    NoFence,
    /// No letter in it.
    #[error("no text in this file")]
    NoText,
    /// No child could be started.
    #[error("cannot start the program that reads files")]
    NotStarted,
    /// The word processor formats of before 2007.
    #[error("the file is in an old Word format")]
    OldWord,
    /// The child asked the system for something that reading text takes not.
    #[error("the file made the program that read it do what it may not; it is made to do harm")]
    Stopped,
    /// More text than a resume has.
    #[error("the file has more than {TEXT_BYTES_MAX} bytes of text")]
    TextTooLong,
    /// Larger than what is read at all.
    #[error("the file is larger than {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge,
    /// The child reached its limit of memory.
    #[error("the file takes too much memory to read")]
    TooMuchMemory,
    /// The child reached its limit of time.
    #[error("the file takes too long to read")]
    TooSlow,
    /// Its first bytes say nothing that is known.
    #[error("the file is no PDF, DOCX, ODT, RTF, HTML or plain text")]
    Unknown,
    /// A bomb: small and packed, huge and unpacked.
    #[error("the file unpacks to far more than a resume holds")]
    UnpacksTooFar,
}

/// What a child can tell, in the order of its exit statuses. New ones go to the end.
const TOLD: &[ExtractError] = &[
    ExtractError::Damaged,
    ExtractError::Encrypted,
    ExtractError::NoFence,
    ExtractError::NoText,
    ExtractError::OldWord,
    ExtractError::TextTooLong,
    ExtractError::TooLarge,
    ExtractError::Unknown,
    ExtractError::UnpacksTooFar,
    ExtractError::Crashed,
];

impl ExtractError {
    /// What to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Busy => "try again in a minute",
            Self::Crashed | Self::Damaged | Self::TooMuchMemory | Self::TooSlow | Self::UnpacksTooFar => {
                "ask for it again as a PDF or as plain text, and do not open this one on a computer that matters"
            }
            Self::Encrypted => "ask for it without a password",
            Self::Killed => "try again; if it happens again, look whether the machine is short of memory",
            Self::NoFence => {
                "save the file as plain text, or read it on Linux on x86-64, ARM64 or RISC-V with a kernel and a container that allow seccomp"
            }
            Self::NoText => "it holds pictures only, as a scan does; ask for the text, or type off what matters",
            Self::NotStarted => "look whether the system lets this program start processes; its log says why",
            Self::OldWord => "save it as DOCX or PDF",
            Self::Stopped => "do not open this file on a computer that matters; look at it with your security team",
            Self::TextTooLong | Self::TooLarge => "look whether it is a resume; if so, cut out the pages that matter",
            Self::Unknown => "save it as PDF, DOCX or plain text; its first bytes count, not its name",
        }
    }

    /// How the child tells it.
    pub(super) fn exit_code(self) -> u8 {
        let at = TOLD.iter().position(|told| *told == self).unwrap_or(TOLD.len() - 1);
        u8::try_from(EXIT_CODE_BASE).unwrap_or(u8::MAX).saturating_add(u8::try_from(at).unwrap_or(u8::MAX))
    }

    /// What a child told.
    pub(super) fn of_exit_code(code: i32) -> Self {
        let at = code.checked_sub(EXIT_CODE_BASE).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| TOLD.get(at)).copied().unwrap_or(Self::Crashed)
    }

    /// What the signal that ended a child says.
    pub(super) fn of_signal(signal: i32) -> Self {
        match Signal::from_named_raw(signal) {
            // Rust aborts where no memory is left, on the heap or on the stack.
            Some(Signal::ABORT) => Self::TooMuchMemory,
            Some(Signal::XCPU) => Self::TooSlow,
            Some(Signal::SYS) => Self::Stopped,
            Some(Signal::KILL | Signal::TERM | Signal::INT | Signal::HUP) => Self::Killed,
            _ => Self::Crashed,
        }
    }
}
