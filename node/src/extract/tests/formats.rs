//! Each format gives its text, in order and whole.

use proptest::prelude::*;

use super::{
    super::{ExtractError, child::text_of},
    make,
    support::fenced,
};

fn words(document: &[u8]) -> String {
    text_of(document).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn docx() -> Vec<u8> {
    let header = make::docx_part("hdr", "<w:p><w:r><w:t>Page head</w:t></w:r></w:p>");
    make::docx_of(
        "<w:p><w:r><w:t>Jane</w:t></w:r><w:r><w:tab/><w:t xml:space=\"preserve\"> Doe &amp; S&#246;hne</w:t></w:r></w:p>\
         <w:p><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del><w:ins><w:r><w:t>inserted</w:t></w:r></w:ins></w:p>\
         <w:tbl><w:tr><w:tc><w:p><w:r><w:t>left</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>right</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
         <mc:AlternateContent><mc:Choice><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Choice>\
         <mc:Fallback><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>",
        &[("word/header1.xml", header.as_str()), ("word/header2.xml", header.as_str())],
    )
}

#[test]
fn docx_gives_paragraphs_tables_boxes_and_one_header() {
    assert_eq!(words(&docx()), "Jane Doe & Söhne inserted left right box Page head");
}

#[test]
fn odt_gives_paragraphs_blanks_and_footers_and_no_changes() {
    let styles = "<office:document-styles xmlns:office=\"o\" xmlns:style=\"s\" xmlns:text=\"t\"><style:footer><text:p>Page foot</text:p></style:footer></office:document-styles>";
    let odt = make::odt_of(
        "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes><text:h>Jane<text:s text:c=\"2\"/>Doe</text:h>\
         <text:p>one<text:tab/>two<text:line-break/><text:span>three &#228;</text:span></text:p>",
        &[("styles.xml", styles)],
    );
    assert_eq!(text_of(&odt).unwrap(), "Jane  Doe\none\ttwo\nthree ä\nPage foot\n");
}

#[test]
fn rtf_gives_its_letters_in_every_encoding() {
    let rtf = br"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}}
{\stylesheet{\s0 Normal;}}{\info{\author Somebody}}{\*\generator Word}\uc1
Jane \b Doe\b0\par S\'f6hne\tab \u8364?uro \u-10179?\u-8704? {\f1 \'cf\'f0\'e8\'e2\'e5\'f2}{\v hidden}\plain\line {\field{\*\fldinst HYPERLINK x}{\fldrslt link}}{\pict 89504e47}\{end\}}";
    assert_eq!(text_of(rtf).unwrap(), "Jane Doe\nSöhne\t€uro 😀 Привет\nlink{end}");
}

#[test]
fn html_gives_what_is_read_and_no_scripts() {
    let html = b"<!-- mail --><!DOCTYPE html><html><head><meta charset=iso-8859-1><title>t</title><style>p{}</style></head>\
        <body><script>alert(1)</script><p>Jane Doe</p><table><tr><td>left</td><td>S\xf6hne</td></tr></table></body></html>";
    assert_eq!(words(html), "Jane Doe left Söhne");
}

#[test]
fn pdf_gives_its_lines() {
    assert_eq!(words(&make::pdf(&make::page(&["Jane Doe", "Senior engineer"]), "")), "Jane Doe Senior engineer");
}

#[test]
fn plain_text_comes_in_any_encoding() {
    assert_eq!(text_of("\u{feff}Söhne".as_bytes()).unwrap(), "Söhne");
    assert_eq!(text_of(b"S\xf6hne \x96 1").unwrap(), "Söhne – 1");
    let utf16: Vec<u8> = "\u{feff}Söhne".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(text_of(&utf16).unwrap(), "Söhne");
    assert_eq!(text_of(b"<Jane> & 3 < 4").unwrap(), "<Jane> & 3 < 4");
    assert_eq!(text_of(b"BMW, Munich").unwrap(), "BMW, Munich");
}

/// A real child, behind its fence, gives the same as the parser without one.
#[tokio::test]
async fn every_format_is_read_behind_the_fence() {
    let documents = [
        docx(),
        make::odt_of("<text:p>Jane Doe</text:p>", &[]),
        br"{\rtf1 Jane Doe\par}".to_vec(),
        b"<html><body><p>Jane Doe</p></body></html>".to_vec(),
        make::pdf(&make::page(&["Jane Doe"]), ""),
        b"Jane Doe".to_vec(),
    ];
    for document in documents {
        let plain = text_of(&document).unwrap();
        assert!(plain.contains("Jane"), "{plain:?}");
        let text = fenced(&document).await.unwrap();
        assert!(text.ends_with(&plain), "{plain:?}");
    }
}

#[test]
fn a_document_without_a_letter_has_no_text() {
    let empty: [Vec<u8>; 7] = [
        Vec::new(),
        b" \n\t".to_vec(),
        b"--- ***".to_vec(),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
        make::docx_of("<w:p/>", &[]),
        make::pdf(&make::page_of(&make::stream("", b"0 0 100 100 re f")), ""),
        br"{\rtf1 {\pict 89504e47}}".to_vec(),
    ];
    for (at, document) in empty.iter().enumerate() {
        assert_eq!(text_of(document), Err(ExtractError::NoText), "document {at}");
    }
}

proptest! {
    #[test]
    fn whatever_rtf_holds_it_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = text_of(&[br"{\rtf1 ", bytes.as_slice()].concat());
    }

    #[test]
    fn whatever_tokens_rtf_has_it_never_panics(
        tokens in prop::collection::vec(
            prop::sample::select(vec!["{", "}", r"\*", r"\u-1", r"\'e4", r"\bin9999", r"\uc0", r"\f1", r"\fonttbl", "x"]), 0..60)
    ) {
        let _ = text_of(format!("{{\\rtf1 {}", tokens.concat()).as_bytes());
    }

    #[test]
    fn whatever_its_first_bytes_it_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = text_of(&bytes);
    }
}
