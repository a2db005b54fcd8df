//! Documents on the command line: the real program reads them in a child of its own, and tells what is wrong with one.
//!
//! The documents are of `tests/documents`, whose `make.py` says how they were made. `LARUM_DOCUMENTS` names a folder of
//! further ones, `X.pdf` beside `X.pdftotext.txt`.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use harness::{TestNet, flag_day, larum};
use larum_node::extract::{ExtractError, Reader};
use larum_protocol::{
    api::{CheckAnswer, Verdict},
    kind::resume::Fingerprint,
};
use unicode_normalization::UnicodeNormalization as _;

/// The share of a resume's bands that survives any of its layouts.
const SHARED_MIN: f64 = 40.0 / 64.0;
/// Of the words that pdftotext finds, how many are found, and the other way round.
const OVERLAP_MIN: f64 = 0.99;

const RTF: &[u8] = br"{\rtf1 Jane Doe\par Senior engineer\par}";

fn check(file: &Path) -> Output {
    Command::new(larum()).args(["check", "--dry-run", "--resume"]).arg(file).output().unwrap()
}

#[test]
fn a_resume_is_checked_by_its_text_whatever_its_name_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("resume.pdf");
    fs::write(&file, RTF).unwrap();
    let output = check(&file);
    assert!(output.status.success(), "{output:?}");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("would ask about resume"), "{shown}");
    assert!(!shown.contains("Jane"), "{shown}");
}

#[test]
fn i8_a_file_without_text_is_an_error_and_no_empty_resume() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scan.png");
    fs::write(&file, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap();
    let output = check(&file);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("no text in this file") && told.contains("hint"), "{told}");
}

#[tokio::test]
async fn i10_the_real_program_is_a_fenced_in_reader() {
    let reader = Reader::new(larum(), 2);
    assert_eq!(reader.text_of(RTF).await.unwrap().as_str(), "Jane Doe\nSenior engineer\n");
    assert_eq!(reader.text_of(&RTF[..20]).await.map(drop), Err(ExtractError::Damaged));
    let bomb = vec![b'a'; 2 << 20];
    assert_eq!(reader.text_of(&bomb).await.map(drop), Err(ExtractError::TextTooLong));
}

fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("documents")
}

/// The share of words that two texts have in common, each as often as it occurs (the Dice coefficient).
fn overlap(one: &str, two: &str) -> f64 {
    let counted = |text: &str| {
        let mut words: HashMap<String, usize> = HashMap::new();
        let text: String = text.nfkc().collect(); // a PDF may write "fi" as one sign
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).for_each(|word| {
            *words.entry(word.to_lowercase()).or_default() += 1;
        });
        words
    };
    let (one, two) = (counted(one), counted(two));
    let common: usize = one.iter().map(|(word, count)| (*count).min(two.get(word).copied().unwrap_or(0))).sum();
    2.0 * common as f64 / (one.values().sum::<usize>() + two.values().sum::<usize>()) as f64
}

#[tokio::test]
async fn the_words_of_a_pdf_are_those_that_pdftotext_finds() {
    let folders = std::iter::once(documents()).chain(std::env::var_os("LARUM_DOCUMENTS").map(PathBuf::from));
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path());
    let pdfs: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "pdf")).collect();
    assert!(pdfs.len() >= 2);
    let reader = Reader::new(larum(), 2);
    for pdf in pdfs {
        let text = reader.text_of(&fs::read(&pdf).unwrap()).await.unwrap();
        let overlap = overlap(&text, &fs::read_to_string(pdf.with_extension("pdftotext.txt")).unwrap());
        eprintln!("{overlap:.4} {}", pdf.display());
        assert!(overlap >= OVERLAP_MIN, "{overlap} {}", pdf.display());
    }
}

#[tokio::test]
async fn a_resume_has_the_same_bands_in_every_format() {
    let reader = Reader::new(larum(), 2);
    let mut prints = Vec::new();
    for name in ["resume.chrome.pdf", "resume.latex.pdf", "resume.docx", "resume.txt"] {
        let text = reader.text_of(&fs::read(documents().join(name)).unwrap()).await.unwrap();
        prints.push((name, Fingerprint::of(&text).unwrap()));
    }
    for (one, first) in &prints {
        for (two, second) in &prints {
            let shared = first.shared(second).len();
            assert!(shared as f64 >= SHARED_MIN * first.bands.len() as f64, "{one} and {two} share {shared}");
        }
    }
}

#[tokio::test]
async fn an_edited_version_that_one_employer_published_is_listed_at_another() {
    // Given an employer that published the resume of an impostor,
    let net = TestNet::start(2).await;
    let (reported, received) = (documents().join("reported.docx"), documents().join("resume.chrome.pdf"));
    let finding = ["--role", "actor-controlled", "--reason", "ART.REUSE", "--evidence", "confirmed"];
    let observed = flag_day(2);
    let command = ["publish", "--resume", reported.to_str().unwrap(), "--observed", &observed];
    let published = net[0].cli(&[command.as_slice(), &finding].concat()).await;
    assert_eq!(published.code, Some(0), "{published:?}");
    net.converged().await;

    // when another receives it as a PDF with another name, other employers and other words in it,
    let command = ["check", "--json", "--resume", received.to_str().unwrap()];
    let checked = net[1].cli(&command).await;

    // then it is listed, and the answer says how much of it is the same.
    assert_eq!(checked.code, Some(1), "{checked:?}");
    let answer: CheckAnswer = serde_json::from_str(&checked.out).unwrap();
    assert_eq!(answer.verdict, Verdict::Listed);
    let score = answer.results[0].score.expect("a score");
    assert!(score.shared >= 5 && score.shared < score.of, "{score:?}");
}
