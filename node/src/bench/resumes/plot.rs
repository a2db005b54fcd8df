//! Recall against the share of words edited, as an SVG that any browser shows.

use std::fmt::Write;

use super::{Recall, ResumesReport};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 50.0;

/// A line of the plot: its name, its colour, and what it takes from an edit.
type Series = (&'static str, &'static str, fn(&Recall) -> f64);

const SERIES: [Series; 3] = [
    ("candidate: 2 bands and more", "#7a7a7a", |recall| recall.candidates),
    ("match: 3 and more", "#1b5e9b", |recall| recall.matches),
    ("strong: 5 and more", "#b3541e", |recall| recall.strong),
];

pub(super) fn svg(report: &ResumesReport) -> String {
    let edits: Vec<&Recall> = report.recall.iter().filter(|recall| recall.words_percent.is_some()).collect();
    let last = edits.iter().filter_map(|recall| recall.words_percent).max().unwrap_or(100);
    let x = |percent: u32| LEFT + f64::from(percent) / f64::from(last) * (WIDTH - LEFT - 40.0);
    let y = |share: f64| TOP + (1.0 - share) * (HEIGHT - TOP - 70.0);
    let mut svg = String::new();
    let mut put = |text: std::fmt::Arguments<'_>| svg.write_fmt(text).expect("writing to memory cannot fail");
    put(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"16\">Edited resumes found again, of {}</text>\n",
        report.resumes
    ));
    for tenth in 0..=5 {
        let share = f64::from(tenth) / 5.0;
        put(format_args!(
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{share:.1}</text>\n",
            WIDTH - 40.0,
            LEFT - 10.0,
            y(share) + 4.0,
            at = y(share),
        ));
    }
    for percent in edits.iter().filter_map(|recall| recall.words_percent) {
        put(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{percent}</text>\n",
            x(percent),
            y(0.0) + 20.0
        ));
    }
    put(format_args!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">percent of words edited</text>\n",
        WIDTH / 2.0,
        HEIGHT - 16.0
    ));
    for (at, (name, colour, share)) in SERIES.into_iter().enumerate() {
        let points: Vec<String> = edits
            .iter()
            .filter_map(|recall| Some(format!("{:.1},{:.1}", x(recall.words_percent?), y(share(recall)))))
            .collect();
        let legend = y(0.0) - 60.0 + at as f64 * 18.0;
        put(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>\
             <text x=\"{}\" y=\"{legend:.1}\" fill=\"{colour}\">{name}</text>\n",
            points.join(" "),
            LEFT + 14.0,
        ));
    }
    svg.push_str("</svg>\n");
    svg
}
