//! What people see when they type a command: every file in `tests/cmd` is one transcript.

#[test]
fn every_transcript_holds() {
    trycmd::TestCases::new().case("tests/cmd/*.toml");
}
