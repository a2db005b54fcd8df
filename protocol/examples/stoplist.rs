//! Makes the stoplist of the resume fingerprint: the words that stand in 5 of 100 reference resumes, and the pairs of
//! neighbouring words that stand in 1 of 100.
//!
//!     zcat donors.jsonl.gz | cargo run --release -p larum-protocol --example stoplist -- protocol/data/resume
//!
//! Standard input holds one JSON object with a `text` a line. Two files are written: `words.txt` and `pairs.txt`.
#![allow(clippy::print_stdout, reason = "whoever runs it wants to know how much was found")]

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs, io,
    path::Path,
};

use larum_protocol::kind::resume::all_features;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name the folder to write to")?;
    let (mut words, mut pairs) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    let mut resumes = 0;
    for line in io::stdin().lines() {
        let line: serde_json::Value = serde_json::from_str(&line?)?;
        let text = line["text"].as_str().ok_or("a line has no text")?;
        let (of_words, of_pairs) = all_features(text);
        resumes += 1;
        of_words.into_iter().for_each(|word| *words.entry(word).or_default() += 1);
        of_pairs.into_iter().for_each(|pair| *pairs.entry(pair).or_default() += 1);
    }
    let write = |name: &str, counts: BTreeMap<String, usize>, least: usize| {
        let common: BTreeSet<String> =
            counts.into_iter().filter(|(_, count)| *count >= least.max(2)).map(|(text, _)| text).collect();
        println!("{name}: {} in {least} or more of {resumes} resumes", common.len());
        let lines: Vec<String> = common.into_iter().collect();
        fs::write(Path::new(&folder).join(name), lines.join("\n") + "\n")
    };
    write("words.txt", words, resumes / 20)?;
    write("pairs.txt", pairs, resumes / 100)?;
    Ok(())
}
