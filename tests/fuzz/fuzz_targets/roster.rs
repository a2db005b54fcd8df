//! Rosters: any bytes are one or an error, and a chain takes only what enough governors signed, whatever is offered.
#![no_main]

use larum_fuzz::{craft, in_bounds};
use larum_protocol::roster::{Accepted, JoinRequest, RosterChain, SignedRoster};
use larum_protocol::signed::Unverified;
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};

/// Rosters that one input offers.
const OFFERS_MAX: usize = 12;

fuzz_target!(|data: &[u8]| {
    let Some((mode, bytes)) = data.split_first() else { return };
    match mode % 3 {
        0 => decode(bytes),
        1 => drop(in_bounds(bytes.len(), || Unverified::<JoinRequest>::decode(bytes)).map(Unverified::verify)),
        _ => {
            // An input that ends early offers fewer.
            let _ = offers(&mut Unstructured::new(bytes));
        }
    }
});

fn decode(bytes: &[u8]) {
    let Ok(roster) = in_bounds(bytes.len(), || SignedRoster::decode(bytes)) else { return };
    assert_eq!(roster.encode(), bytes, "one roster, one spelling");
    let mut chain = craft::founded();
    let _ = chain.offer(roster.clone());
    let _ = RosterChain::found(roster);
    assert_sound(&chain);
}

fn offers(u: &mut Unstructured<'_>) -> Result<()> {
    let mut chain = craft::founded();
    let mut seen = vec![chain.newest().clone()];
    for _ in 0..OFFERS_MAX {
        let before = u.choose(&seen)?.clone();
        let Some(roster) = craft::roster(u, &before)? else { continue };
        let read = SignedRoster::decode(&roster.encode()).expect("a roster that was just written");
        assert_eq!(read, roster);
        let (consortium, version) = (chain.consortium(), chain.roster().version);
        if chain.offer(roster.clone()) == Ok(Accepted::Appended) {
            assert_eq!(chain.newest().id(), roster.id());
        }
        assert!(chain.consortium() == consortium && chain.roster().version >= version);
        seen.push(roster);
        assert_sound(&chain);
        if u.is_empty() {
            break;
        }
    }
    Ok(())
}

/// Every version follows the one before and carries enough of its governors' signatures.
fn assert_sound(chain: &RosterChain) {
    for (at, pair) in chain.since(0).windows(2).enumerate() {
        let [before, after] = pair else { unreachable!("windows of two") };
        assert_eq!(after.roster().version, at as u64 + 1);
        assert_eq!(after.roster().prev, Some(before.id()));
        let signed = after.count_signatures(&before.roster().governors).expect("signatures that verify");
        assert!(signed >= usize::from(before.roster().threshold));
    }
    if let Some(rival) = chain.rival() {
        assert_eq!(rival.roster().version, chain.roster().version);
        assert!(rival.id() > chain.newest().id(), "the lower id is the newest, at every node");
    }
}
