//! Arguments of `resume`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum ResumeCommand {
    /// Show how many bands two resumes have in common, and the words in which they meet
    Compare(CompareArgs),
}

#[derive(Args)]
pub(crate) struct CompareArgs {
    /// One resume: a PDF, DOCX, ODT, RTF, HTML or text file
    #[arg(value_name = "A")]
    pub(crate) one: PathBuf,
    /// The other one
    #[arg(value_name = "B")]
    pub(crate) two: PathBuf,
}
