//! The resumes of a folder: JSON lines with a `text` each, plain or gzipped, and text files.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;

use super::BenchError;

/// What a file's name begins with whose resumes the stoplist was made from.
const DONORS: &str = "donors";

/// Bytes of one file, unpacked: a few thousand resumes.
const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// What there is to work with.
pub(super) struct Corpus {
    /// Resumes to edit and to compare.
    pub(super) resumes: Vec<String>,
    /// Resumes of others, of which edits take words and lines; the stoplist was made from them.
    pub(super) donors: Vec<String>,
}

impl Corpus {
    pub(super) fn read(folder: &Path) -> Result<Self, BenchError> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        paths.sort();
        let mut corpus = Self { resumes: Vec::new(), donors: Vec::new() };
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let resumes = texts(&path)?;
            if name.starts_with(DONORS) { corpus.donors.extend(resumes) } else { corpus.resumes.extend(resumes) }
        }
        match corpus.resumes.len() {
            0 | 1 => Err(BenchError::Wrong(format!(
                "{} holds fewer than two resumes; name a folder with .jsonl, .jsonl.gz or .txt files",
                folder.display()
            ))),
            _ => Ok(corpus),
        }
    }

    /// Whose words and lines edits take: the donors', or where there are none the other resumes'.
    pub(super) fn others(&self) -> &[String] {
        if self.donors.is_empty() { &self.resumes } else { &self.donors }
    }
}

fn texts(path: &Path) -> Result<Vec<String>, BenchError> {
    let plain = path.with_extension("");
    match path.extension().and_then(OsStr::to_str) {
        Some("txt") => Ok(vec![fs::read_to_string(path)?]),
        Some("jsonl") => lines(File::open(path)?, path),
        Some("gz") if plain.extension() == Some(OsStr::new("jsonl")) => lines(GzDecoder::new(File::open(path)?), path),
        _ => Ok(Vec::new()),
    }
}

fn lines(source: impl Read, path: &Path) -> Result<Vec<String>, BenchError> {
    let wrong = |at: usize| BenchError::Wrong(format!("{}: line {} has no text", path.display(), at + 1));
    let mut texts = Vec::new();
    for (at, line) in BufReader::new(source.take(FILE_BYTES_MAX)).lines().enumerate() {
        let line: serde_json::Value = serde_json::from_str(&line?).map_err(|_| wrong(at))?;
        texts.push(line["text"].as_str().ok_or_else(|| wrong(at))?.to_owned());
    }
    Ok(texts)
}
