//! `larum erase`: lets go of everything that the node keeps about one applicant.

use larum_protocol::api::{ErasureAnswer, ErasureRequest, path};

use super::Session;
use crate::{Status, args::EraseArgs, error::Failure};

pub(crate) fn run(args: EraseArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let request = ErasureRequest { source: args.source, reference: args.reference };
    let erased: ErasureAnswer = session.client()?.post(path::ERASURES, &request)?;
    session.show(&erased, text)
}

fn text(erased: &ErasureAnswer) -> String {
    let ErasureAnswer { watches, alerts, reviews, callbacks, deliveries } = *erased;
    if *erased == ErasureAnswer::default() {
        return "nothing is kept under this reference; name the system that it came from with --source".to_owned();
    }
    let parts = [
        (watches, "watch", "watches"),
        (alerts, "alert", "alerts"),
        (reviews, "review", "reviews"),
        (callbacks, "callback that waited", "callbacks that waited"),
        (deliveries, "delivery that waited", "deliveries that waited"),
    ];
    let parts = parts.into_iter().filter(|(number, ..)| *number > 0);
    let parts: Vec<_> =
        parts.map(|(number, one, many)| format!("{number} {}", if number == 1 { one } else { many })).collect();
    format!("erased: {}", parts.join(", "))
}
