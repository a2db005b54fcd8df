//! I10: documents that are made to do harm cost one clear error, or give their text, within the limits.

use std::time::{Duration, Instant};

use super::{
    super::{DOCUMENT_BYTES_MAX, ExtractError},
    make,
    support::fenced,
};

/// Whatever comes of it, it comes in time; the parent's own deadline is 8 seconds, starting a child takes some too.
async fn outcome(document: &[u8]) -> Result<String, ExtractError> {
    let began = Instant::now();
    let text = fenced(document).await.map(|text| text.to_string());
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    text
}

async fn error_of(document: &[u8]) -> ExtractError {
    outcome(document).await.expect_err("the document is a bad one")
}

#[tokio::test]
async fn i10_a_bomb_is_not_unpacked() {
    let blanks = " ".repeat(100 << 20);
    let document = make::docx_of(&format!("<w:p><w:r><w:t>x</w:t></w:r></w:p>{blanks}"), &[]);
    assert!(document.len() < 1 << 20);
    assert_eq!(error_of(&document).await, ExtractError::UnpacksTooFar);
    let document = make::odt_of(&format!("<text:p>x</text:p>{blanks}"), &[]);
    assert_eq!(error_of(&document).await, ExtractError::UnpacksTooFar);
}

#[tokio::test]
async fn i10_a_bomb_in_a_pdf_is_stopped() {
    let mut bomb = b"\x78\x9c".to_vec();
    bomb.extend(make::deflated_blanks(600 << 20));
    let document = make::pdf(&make::page_of(&make::stream("/Filter /FlateDecode", &bomb)), "");
    let error = error_of(&document).await;
    let stopped = [ExtractError::TooMuchMemory, ExtractError::TooSlow, ExtractError::NoText, ExtractError::Damaged];
    assert!(stopped.contains(&error), "{error:?}");
}

#[tokio::test]
async fn i10_more_text_than_a_resume_has_is_refused() {
    let long = "Jane Doe ".repeat(200_000);
    assert_eq!(error_of(long.as_bytes()).await, ExtractError::TextTooLong);
    let document = make::docx_of(&format!("<w:p><w:r><w:t>{long}</w:t></w:r></w:p>"), &[]);
    assert_eq!(error_of(&document).await, ExtractError::TextTooLong);
}

#[tokio::test]
async fn i10_entities_are_neither_read_nor_multiplied() {
    let outside =
        "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><d><p><t>a&x;b</t></p></d>";
    let laughs =
        "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><d><p><t>&b;</t></p></d>";
    for part in [outside, laughs] {
        let document = make::zip(&[("_rels/.rels", make::relations()), ("word/document.xml", part)]);
        assert_eq!(error_of(&document).await, ExtractError::Damaged);
    }
    // An entity that nobody declared stands for nothing.
    let document = make::docx_of("<w:p><w:r><w:t>Jane &nobody; Doe</w:t></w:r></w:p>", &[]);
    assert!(outcome(&document).await.unwrap().contains("Jane  Doe"));
}

#[tokio::test]
async fn i10_a_pdf_of_a_million_objects_ends_in_time() {
    let mut objects = String::with_capacity(16_000_000);
    for at in 0..1_000_000_u32 {
        objects.push(char::from(b'0' + (at % 10) as u8));
        objects.push_str(" 0 obj 0 endobj\n");
    }
    objects.truncate(16_000_000);
    let document = format!("%PDF-1.4\n{objects}trailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF");
    assert!(document.len() < DOCUMENT_BYTES_MAX);
    error_of(document.as_bytes()).await;
}

#[tokio::test]
async fn i10_a_pdf_that_goes_in_circles_ends() {
    let circles: Vec<Vec<Vec<u8>>> = vec![
        // A page tree that holds itself.
        vec![
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>".to_vec(),
        ],
        // A form that draws itself, twice.
        {
            let mut objects = make::page_of(&make::stream("", b"/X Do"));
            let form = "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>";
            objects.push(make::stream(form, b"/X Do /X Do"));
            objects
        },
        // A stream whose length is itself, and an object that is itself.
        make::page_of(b"<< /Length 4 0 R >>\nstream\nBT ET\nendstream"),
        vec![b"1 0 R".to_vec()],
        vec![b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(), b"3 0 R".to_vec(), b"2 0 R".to_vec()],
    ];
    for (at, objects) in circles.iter().enumerate() {
        let error = error_of(&make::pdf(objects, "")).await;
        assert!(matches!(error, ExtractError::NoText | ExtractError::Damaged), "circle {at}: {error:?}");
    }
}

#[tokio::test]
async fn i10_what_nests_a_million_deep_ends() {
    let deep = 1_000_000;
    let arrays = make::page_of(&make::stream("", &[vec![b'['; deep], vec![b']'; deep]].concat()));
    let nested = [
        make::pdf(&arrays, ""),
        [br"{\rtf1 ".to_vec(), vec![b'{'; deep], b"x".to_vec(), vec![b'}'; deep + 1]].concat(),
        format!("<html>{}x{}", "<div>".repeat(deep), "</div>".repeat(deep)).into_bytes(),
        make::docx_of(&format!("{}<w:t>x</w:t>{}", "<w:p>".repeat(deep), "</w:p>".repeat(deep)), &[]),
    ];
    for (at, document) in nested.iter().enumerate() {
        if let Ok(text) = outcome(document).await {
            assert!(text.contains('x'), "document {at}");
        }
    }
}

#[tokio::test]
async fn an_encrypted_document_says_so() {
    let lock = format!(
        "/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O <{0}> /U <{0}> >> /ID [<{1}> <{1}>]",
        "ab".repeat(32),
        "cd".repeat(16)
    );
    assert_eq!(error_of(&make::pdf(&make::page(&["Jane Doe"]), &lock)).await, ExtractError::Encrypted);
    let manifest = "<manifest><file-entry><encryption-data/></file-entry></manifest>";
    let odt = make::odt_of("<text:p>x</text:p>", &[("META-INF/manifest.xml", manifest)]);
    assert_eq!(error_of(&odt).await, ExtractError::Encrypted);
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice();
    assert_eq!(error_of(&[ole, &name].concat()).await, ExtractError::Encrypted);
    assert_eq!(error_of(&[ole, b"WordDocument"].concat()).await, ExtractError::OldWord);
}

#[tokio::test]
async fn a_document_that_was_cut_short_is_not_taken_for_a_whole_one() {
    let whole = [
        make::pdf(&make::page(&["Jane Doe", "Senior engineer"]), ""),
        make::docx_of("<w:p><w:r><w:t>Jane Doe</w:t></w:r></w:p>", &[]),
        br"{\rtf1 Jane Doe\par {Senior engineer}\par}".to_vec(),
    ];
    for document in whole {
        assert_eq!(error_of(&document[..document.len() * 2 / 3]).await, ExtractError::Damaged);
    }
    let part = make::docx_part("document", "<w:p><w:r><w:t>Jane</w:t></w:r></w:p>");
    let document = make::zip(&[("_rels/.rels", make::relations()), ("word/document.xml", &part[..part.len() - 20])]);
    assert_eq!(error_of(&document).await, ExtractError::Damaged);
}

#[tokio::test]
async fn what_is_none_of_the_formats_is_not_read() {
    let garbage: Vec<u8> = (0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert_eq!(error_of(&garbage).await, ExtractError::Unknown);
    assert_eq!(error_of(b"\x7fELF\x02\x01\x01\0\0\0\0").await, ExtractError::Unknown);
    assert_eq!(error_of(&make::zip(&[("notes.txt", "Jane Doe")])).await, ExtractError::Unknown);
    assert_eq!(error_of(&[b"PK\x03\x04".as_slice(), &garbage].concat()).await, ExtractError::Damaged);
    assert_eq!(error_of(&[b"%PDF-1.7\n".as_slice(), &garbage].concat()).await, ExtractError::Damaged);
}

#[tokio::test]
async fn a_huge_file_is_refused_before_anything_is_started() {
    let mut reader = super::support::reader("read");
    reader.program = "/nowhere/larum".into();
    let huge = vec![b'a'; 200 << 20];
    assert_eq!(reader.text_of(&huge).await.map(drop), Err(ExtractError::TooLarge));
}
