//! I10: whatever a document does to the program that reads it, that costs one clear answer; the node serves meanwhile.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::{Duration, Instant},
};

use harness::{TestNet, TestNode, documents, email};
use larum_protocol::api::Verdict;

/// The time from the command to its answer, of which the child that reads may take nearly all.
const TIME_MAX: Duration = Duration::from_secs(10);
/// A wait that somebody notices: of a document that is refused sooner nobody can tell whether the node answered meanwhile.
const NOTICED: Duration = Duration::from_millis(500);
const DEEP: usize = 500_000;

/// What a document should come to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ends {
    /// It gives a text, or one clear error.
    Somehow,
    /// One clear error that says this.
    With(&'static str),
    /// Its text is read.
    InText,
}

use Ends::{InText, Somehow, With};

const DAMAGED: Ends = With("damaged or cut short");
const UNKNOWN: Ends = With("no PDF, DOCX");
const NO_TEXT: Ends = With("no text in this file");

type Case = (&'static str, Ends, Vec<u8>);

#[tokio::test]
async fn i10_hostile_documents_cost_one_answer_each_while_the_node_serves() {
    // Given a node, a listed mailbox, and a recruiter's tool that asks for it all the time
    let net = TestNet::start(1).await;
    let listed = email("asked.meanwhile");
    net[0].publish(std::slice::from_ref(&listed)).await;
    let (done, answered) = (AtomicBool::new(false), AtomicU32::new(0));
    let asking = async {
        while !done.load(Ordering::Relaxed) {
            assert_eq!(net[0].verdict(&listed).await, Verdict::Listed);
            answered.fetch_add(1, Ordering::Relaxed);
        }
    };
    // when documents are checked that are made to do harm
    let cases = [archives(), texts(), circles(), pdfs(), nested(), locked(), cut_short(), misnamed()].concat();
    assert!(cases.len() >= 30, "{}", cases.len());
    let checking = async {
        for (name, ends, bytes) in &cases {
            let before = answered.load(Ordering::Relaxed);
            let took = check(&net[0], net.scratch(), name, *ends, bytes).await;
            let served = answered.load(Ordering::Relaxed) > before;
            assert!(served || took < NOTICED, "{name}: the node answered nobody for {took:?}");
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(asking, checking);
    // then each had one answer, and the node is the same process, that never fell
    let log = std::fs::read_to_string(net[0].log_path()).unwrap();
    assert!(!log.contains("panicked"), "{log}");
}

/// Checks a document; gives how long that took.
async fn check(node: &TestNode, scratch: &Path, name: &str, ends: Ends, bytes: &[u8]) -> Duration {
    let path = scratch.join(name);
    std::fs::write(&path, bytes).unwrap();
    let (pid, began) = (node.pid(), Instant::now());
    let output = node.cli(&["check", "--resume", path.to_str().unwrap()]).await;
    let took = began.elapsed();
    std::fs::remove_file(&path).unwrap();
    eprintln!("{name} {took:?}");
    assert!(took < TIME_MAX, "{name} took {took:?}");
    assert_eq!(node.pid(), pid, "{name}");
    match (ends, output.code) {
        (InText | Somehow, Some(0)) => assert!(output.out.contains("clear"), "{name}: {output:?}"),
        (With(_) | Somehow, Some(2)) => {
            let (errors, hints) = (output.err.matches("error: ").count(), output.err.matches("hint: ").count());
            assert_eq!((errors, hints), (1, 1), "{name}: {output:?}");
            assert!(!output.err.contains("panicked"), "{name}: {output:?}");
            if let With(words) = ends {
                assert!(output.err.contains(words), "{name}: {output:?}");
            }
        }
        _ => panic!("{name} should end {ends:?}: {output:?}"),
    }
    took
}

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

/// A text that is long enough to be a resume.
fn resume() -> String {
    (0..60).map(|at| format!("Word{at} of a{at} resume{at}. ")).collect()
}

fn archives() -> Vec<Case> {
    let blanks = " ".repeat(100 << 20);
    let inner = documents::zip(&[("a.txt", "x"), ("b.txt", "y")]);
    let many: Vec<(String, String)> = (0..20_000).map(|at| (format!("word/{at}.xml"), String::new())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, part)| (name.as_str(), part.as_str())).collect();
    let part = |part: &str| documents::zip(&[("_rels/.rels", documents::relations()), ("word/document.xml", part)]);
    let outside =
        "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><d><p><t>a&x;</t></p></d>";
    let laughs =
        "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><d><p><t>&b;</t></p></d>";
    vec![
        ("bomb.docx", With("unpacks to far more"), documents::docx_of(&format!("{}{blanks}", paragraph("x")), &[])),
        ("bomb.odt", With("unpacks to far more"), documents::odt_of(&format!("<text:p>x</text:p>{blanks}"), &[])),
        ("archive.docx", UNKNOWN, inner),
        ("parts.docx", Somehow, documents::docx_of(&paragraph(&resume()), &many)),
        ("outside.docx", DAMAGED, part(outside)),
        ("laughs.docx", DAMAGED, part(laughs)),
        ("empty-part.docx", Somehow, part("")),
    ]
}

fn texts() -> Vec<Case> {
    let long = "Jane Doe ".repeat(200_000);
    let entities = format!("<html><body>{}</body></html>", "&lt;".repeat(1_000_000));
    vec![
        ("long.txt", With("bytes of text"), long.clone().into_bytes()),
        ("long.docx", With("bytes of text"), documents::docx_of(&paragraph(&long), &[])),
        ("huge.txt", With("is larger than"), vec![b'a'; 200 << 20]),
        ("empty.txt", Somehow, Vec::new()),
        ("zeroes.txt", Somehow, vec![0; 1 << 20]),
        ("zeroes-between.txt", Somehow, resume().replace(' ', "\0").into_bytes()),
        ("entities.html", Somehow, entities.into_bytes()),
        (
            "control.rtf",
            Somehow,
            [br"{\rtf1 \bin2147483647 \u-99999999999 ".as_slice(), resume().as_bytes(), b"}"].concat(),
        ),
    ]
}

fn circles() -> Vec<Case> {
    let catalogue = b"<< /Type /Catalog /Pages 2 0 R >>".to_vec();
    let mut form = documents::page_of(&documents::stream("", b"/X Do"));
    let itself = "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>";
    form.push(documents::stream(itself, b"/X Do /X Do"));
    let pages = vec![catalogue.clone(), b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>".to_vec()];
    let length = documents::page_of(b"<< /Length 4 0 R >>\nstream\nBT ET\nendstream");
    let each_other = vec![catalogue, b"3 0 R".to_vec(), b"2 0 R".to_vec()];
    vec![
        ("pages-in-pages.pdf", Somehow, documents::pdf(&pages, "")),
        ("form-in-form.pdf", Somehow, documents::pdf(&form, "")),
        ("length-of-itself.pdf", Somehow, documents::pdf(&length, "")),
        ("itself.pdf", Somehow, documents::pdf(&[b"1 0 R".to_vec()], "")),
        ("each-other.pdf", Somehow, documents::pdf(&each_other, "")),
    ]
}

fn pdfs() -> Vec<Case> {
    // As short as they can be, so that a million of them fit into a file that is read at all.
    let objects: String = (0..1_000_000_u32).map(|at| format!("{} 0 obj 0 endobj\n", at % 10)).collect();
    let objects = &objects[..16_000_000];
    let million = format!("%PDF-1.4\n{objects}trailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF");
    let mut deflated = b"\x78\x9c".to_vec();
    deflated.extend(documents::deflated_blanks(600 << 20));
    let bomb = documents::page_of(&documents::stream("/Filter /FlateDecode", &deflated));
    let wide =
        "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 2147483647 /Colors 32 /BitsPerComponent 32 >>";
    let wide = documents::page_of(&documents::stream(wide, &deflated[..1_000]));
    let table = "startxref\n99999999999999999999\n%%EOF";
    let table = format!(
        "%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\nxref\n0 4294967295\ntrailer << /Root 1 0 R >>\n{table}"
    );
    let picture = documents::page_of(&documents::stream("", b"q 600 0 0 800 0 0 cm /X Do Q"));
    vec![
        ("million.pdf", Somehow, million.into_bytes()),
        ("bomb.pdf", Somehow, documents::pdf(&bomb, "")),
        ("columns.pdf", Somehow, documents::pdf(&wide, "")),
        ("table.pdf", Somehow, table.into_bytes()),
        ("picture.pdf", NO_TEXT, documents::pdf(&picture, "")),
    ]
}

fn nested() -> Vec<Case> {
    let arrays = documents::page_of(&documents::stream("", &[vec![b'['; DEEP], vec![b']'; DEEP]].concat()));
    let groups = [br"{\rtf1 ".to_vec(), vec![b'{'; DEEP], resume().into_bytes(), vec![b'}'; DEEP + 1]].concat();
    let html = format!("<html>{}{}{}", "<div>".repeat(DEEP), resume(), "</div>".repeat(DEEP));
    let word = format!("{}{}{}", "<w:p>".repeat(DEEP), paragraph(&resume()), "</w:p>".repeat(DEEP));
    vec![
        ("deep.pdf", Somehow, documents::pdf(&arrays, "")),
        ("deep.rtf", Somehow, groups),
        ("deep.html", Somehow, html.into_bytes()),
        ("deep.docx", Somehow, documents::docx_of(&word, &[])),
    ]
}

fn locked() -> Vec<Case> {
    let (key, id) = ("ab".repeat(32), "cd".repeat(16));
    let lock = format!("/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O <{key}> /U <{key}> >> /ID [<{id}> <{id}>]");
    let manifest = "<manifest><file-entry><encryption-data/></file-entry></manifest>";
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice();
    vec![
        ("locked.pdf", With("is encrypted"), documents::pdf(&documents::page(&["Jane Doe"]), &lock)),
        (
            "locked.odt",
            With("is encrypted"),
            documents::odt_of("<text:p>x</text:p>", &[("META-INF/manifest.xml", manifest)]),
        ),
        ("locked.docx", With("is encrypted"), [ole, &name].concat()),
        ("old.doc", With("old Word format"), [ole, b"WordDocument"].concat()),
    ]
}

fn cut_short() -> Vec<Case> {
    let two_thirds = |document: Vec<u8>| document[..document.len() * 2 / 3].to_vec();
    vec![
        ("cut.pdf", DAMAGED, two_thirds(documents::pdf(&documents::page(&["Jane Doe", "Senior engineer"]), ""))),
        ("cut.docx", DAMAGED, two_thirds(documents::docx_of(&paragraph("Jane Doe"), &[]))),
        ("cut.rtf", DAMAGED, two_thirds(br"{\rtf1 Jane Doe\par {Senior engineer}\par}".to_vec())),
    ]
}

fn misnamed() -> Vec<Case> {
    let garbage: Vec<u8> = (0..65_536_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    vec![
        ("picture-named.pdf", NO_TEXT, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        ("program.pdf", UNKNOWN, b"\x7fELF\x02\x01\x01\0\0\0\0".to_vec()),
        ("garbage.docx", UNKNOWN, garbage.clone()),
        ("garbage-inside.docx", DAMAGED, [b"PK\x03\x04".as_slice(), &garbage].concat()),
        ("garbage-inside.pdf", DAMAGED, [b"%PDF-1.7\n".as_slice(), &garbage].concat()),
        ("word-named.pdf", InText, documents::docx_of(&paragraph(&resume()), &[])),
    ]
}
