//! Documents on the command line: the real program reads them in a child of its own, and tells what is wrong with one.

use std::{
    path::Path,
    process::{Command, Output},
};

use harness::larum;
use larum_node::extract::{ExtractError, Reader};

const RTF: &[u8] = br"{\rtf1 Jane Doe\par Senior engineer\par}";

fn check(file: &Path) -> Output {
    Command::new(larum()).args(["check", "--dry-run", "--resume"]).arg(file).output().unwrap()
}

#[test]
fn a_resume_is_checked_by_its_text_whatever_its_name_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("resume.pdf");
    std::fs::write(&file, RTF).unwrap();
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
    std::fs::write(&file, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap();
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
