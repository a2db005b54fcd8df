//! Progress of long work, on standard error and only where a person watches.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::console::Console;

/// How often the line is drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// A counter that a person watches, or nothing.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Counts towards `total`, or upwards where nobody knows it.
    pub(crate) fn new(console: &Console<'_>, what: &'static str, total: Option<u64>) -> Self {
        if !console.is_interactive() {
            return Self(None);
        }
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), "{msg} {bar:30} {human_pos}/{human_len} {elapsed}"),
            None => (ProgressBar::new_spinner(), "{msg} {human_pos} {elapsed}"),
        };
        bar.set_style(ProgressStyle::with_template(template).expect("the template is a constant"));
        bar.set_message(what);
        bar.enable_steady_tick(TICK);
        Self(Some(bar))
    }

    /// So many more are done.
    pub(crate) fn add(&self, done: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(done);
        }
    }

    /// So many are done by now; what was shown before stays where less is said.
    pub(crate) fn set(&self, done: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(done.max(bar.position()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
