//! What comes of ceremonies in which nobody is wrong.

use proptest::prelude::*;

use super::*;
use crate::oprf::OprfError;

#[test]
fn any_t_of_n_generated_shares_give_the_output_of_the_single_key() {
    for (threshold, count) in (2..=7).flat_map(|count| (2..=count).map(move |threshold| (threshold, count))) {
        let shared = generated(sharing(threshold, count), u64::from(count));
        let shares = shares(&shared);
        let single = whole(&shares.iter().take(usize::from(threshold)).collect::<Vec<_>>());
        assert_eq!(single.public().element(), shared[0].key);
        let expected = outputs(&[&single]);
        for chosen in choices(&shares, threshold) {
            assert_eq!(outputs(&chosen), expected, "{threshold} of {count}");
        }
        for chosen in choices(&shares, threshold - 1) {
            assert_ne!(outputs(&chosen), expected, "fewer than {threshold} of {count}");
        }
        assert!(shared.iter().all(|one| one.key == shared[0].key && one.public == shared[0].public));
        assert_eq!(public_key(&shared[0].public, number(threshold)), Ok(shared[0].key));
    }
}

#[test]
fn outputs_stay_across_refresh_repair_and_another_committee_with_another_threshold() {
    let first = generated(sharing(3, 4), 1);
    let expected = outputs(&shares(&first).iter().take(3).collect::<Vec<_>>());
    let dealers = |of: &[usize], all: &[Share]| of.iter().map(|at| all[*at].clone()).collect::<Vec<_>>();
    let all_give = |shares: &[Share], threshold| {
        choices(shares, threshold).for_each(|chosen| assert_eq!(outputs(&chosen), expected));
    };

    // Refresh: by any three of the four.
    let chosen = dealers(&[0, 1, 3], &shares(&first));
    let chosen: Vec<&Share> = chosen.iter().collect();
    let (refreshed, agreed) = reshared(&first[0].public, 3, &chosen, sharing(3, 4), 2);
    all_give(&refreshed, 3);
    assert_eq!(public_key(agreed.public(), number(3)), Ok(first[0].key));
    assert!(first.iter().zip(&refreshed).all(|(old, new)| old.share.public() != new.public()));

    // Repair: the second lost its share, and the other three deal.
    let chosen = dealers(&[0, 2, 3], &refreshed);
    let chosen: Vec<&Share> = chosen.iter().collect();
    let (repaired, agreed) = reshared(agreed.public(), 3, &chosen, sharing(3, 4), 3);
    all_give(&repaired, 3);

    // Others, more, and a higher threshold.
    let chosen = dealers(&[1, 2, 3], &repaired);
    let chosen: Vec<&Share> = chosen.iter().collect();
    let (changed, agreed) = reshared(agreed.public(), 3, &chosen, sharing(4, 7), 4);
    all_give(&changed, 4);
    assert!(choices(&changed, 3).all(|chosen| outputs(&chosen) != expected));

    // And back to fewer.
    let chosen = dealers(&[0, 2, 4, 6], &changed);
    let chosen: Vec<&Share> = chosen.iter().collect();
    let (back, agreed) = reshared(agreed.public(), 4, &chosen, sharing(2, 3), 5);
    all_give(&back, 2);
    assert_eq!(public_key(agreed.public(), number(2)), Ok(first[0].key));
}

#[test]
fn an_old_share_is_worth_nothing_with_new_ones_and_its_proof_does_not_hold() {
    let first = generated(sharing(2, 3), 1);
    let old = shares(&first);
    let (new, _) = reshared(&first[0].public, 2, &[&old[0], &old[1]], sharing(2, 3), 2);
    let expected = outputs(&[&old[0], &old[1]]);
    assert_eq!(outputs(&[&new[0], &new[1]]), expected);
    assert_ne!(outputs(&[&old[0], &new[1]]), expected);

    let mut random = ChaCha20Rng::seed_from_u64(1);
    let blinding = Blinding::new(&[b"one"], &mut random).unwrap();
    let evaluation = old[0].evaluate(blinding.elements(), &mut random).unwrap();
    assert_eq!(blinding.verify(&new[0].public(), &evaluation).map(drop), Err(OprfError::WrongProof));
}

#[test]
fn the_same_seed_says_the_same_after_a_crash_and_any_other_thing_says_something_else() {
    let one = sharing(2, 3);
    let part = |ceremony, at, sharing, of| Dkg::new(ceremony, number(at), sharing, &seed(of, number(1))).unwrap();
    let before = part(&CEREMONY, 1, one, 1);
    let others = [part(&CEREMONY, 2, one, 2), part(&CEREMONY, 3, one, 3)];
    let said = |first: &Dkg| {
        let parts = [first, &others[0], &others[1]];
        (1..).filter_map(NonZeroU16::new).zip(parts.map(|part| part.round1().to_vec())).collect::<Dealings>()
    };
    let after = part(&CEREMONY, 1, one, 1);
    assert_eq!(before.round1(), after.round1());
    let (before, after) = (before.agree(&said(&before)).unwrap(), after.agree(&said(&after)).unwrap());
    assert_eq!(before.digest(), after.digest());
    for other in [2, 3].map(number) {
        assert_eq!(before.round2_for(other).unwrap(), after.round2_for(other).unwrap());
    }

    // No two of these share a polynomial: their constants differ.
    let parts = [
        part(&CEREMONY, 1, one, 1),
        part(&OTHER_CEREMONY, 1, one, 1),
        part(&CEREMONY, 2, one, 1),
        part(&CEREMONY, 1, sharing(3, 3), 1),
        part(&CEREMONY, 1, sharing(2, 4), 1),
        part(&CEREMONY, 1, one, 2),
    ];
    let constants: std::collections::BTreeSet<[u8; 32]> = parts.iter().map(|part| commitments(part)[0].0).collect();
    assert_eq!(constants.len(), parts.len());

    let shared = generated(one, 1);
    let resharing = Resharing::new(&OTHER_CEREMONY, &shared[0].public, number(2), one).unwrap();
    let dealer = |of| resharing.deal(&shared[0].share, &seed(of, number(1))).unwrap();
    assert_eq!(dealer(1).round1(), dealer(1).round1());
    assert_ne!(dealer(1).round1(), dealer(2).round1());
}

#[test]
fn public_shares_that_do_not_belong_together_are_told() {
    let shared = generated(sharing(3, 5), 1);
    let (good, key) = (shared[0].public.clone(), shared[0].key);
    assert_eq!(public_key(&good, number(3)), Ok(key));
    assert_eq!(public_key(&good[1..4], number(3)), Ok(key));
    // A lower degree than theirs, too few, one twice, one of another key.
    assert_eq!(public_key(&good, number(2)), Err(CustodyError::NotOnePolynomial));
    assert_eq!(public_key(&good[..2], number(3)), Err(CustodyError::NotOnePolynomial));
    let twice = [good[0], good[1], good[2], good[2]];
    assert_eq!(public_key(&twice, number(3)), Err(CustodyError::NotOnePolynomial));
    for at in 0..5 {
        let mut bad = good.clone();
        bad[at] = PublicShare::new(number(at as u16 + 1), key).unwrap();
        assert_eq!(public_key(&bad, number(3)), Err(CustodyError::NotOnePolynomial));
    }
    assert_eq!(public_key(&good, number(1)), Err(CustodyError::BadSharing));
    assert_eq!(public_key(&good, number(STEWARDS_MAX + 1)), Err(CustodyError::BadSharing));
}

#[test]
fn a_sharing_is_within_bounds() {
    for (threshold, count) in [(0, 0), (1, 1), (1, 3), (3, 2), (2, STEWARDS_MAX + 1), (u16::MAX, u16::MAX)] {
        assert_eq!(Sharing::new(threshold, count), Err(CustodyError::BadSharing));
    }
    let largest = generated(sharing(STEWARDS_MAX, STEWARDS_MAX), 1);
    assert_eq!(public_key(&largest[0].public, number(STEWARDS_MAX)), Ok(largest[0].key));
    let stranger = Dkg::new(&CEREMONY, number(4), sharing(2, 3), &[0; 32]);
    assert!(matches!(stranger, Err(CustodyError::NoPart)));
}

#[test]
fn nothing_secret_is_shown() {
    let shared = generated(sharing(2, 2), 1);
    let part = Dkg::new(&CEREMONY, number(1), sharing(2, 2), &[3; 32]).unwrap();
    let resharing = Resharing::new(&CEREMONY, &shared[0].public, number(2), sharing(2, 2)).unwrap();
    let dealer = resharing.deal(&shared[0].share, &[3; 32]).unwrap();
    assert_eq!(format!("{part:?}"), "Dkg { number: 1, sharing: Sharing { threshold: 2, count: 2 }, .. }");
    assert_eq!(format!("{dealer:?}"), "Dealer { number: 1, new: Sharing { threshold: 2, count: 2 }, .. }");
    assert_eq!(format!("{:?}", shared[0].share), "Share { number: 1, .. }");
    assert_eq!(format!("{:?}", agreed(&parts(&CEREMONY, sharing(2, 2), 1))[0]), "Generation { number: 1, .. }");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever the sharings and the seeds, the key stays and any t of the new stewards have it.
    #[test]
    fn the_key_stays_whatever_the_sharings(of: u64, t in 2_u16..6, more in 0_u16..3, t2 in 2_u16..6, more2 in 0_u16..3) {
        let shared = generated(sharing(t, t + more), of);
        let old = shares(&shared);
        let dealers: Vec<&Share> = old[usize::from(more)..].iter().collect();
        let (new, agreed) = reshared(&shared[0].public, t, &dealers, sharing(t2, t2 + more2), of ^ 1);
        let last: Vec<&Share> = new[usize::from(more2)..].iter().collect();
        prop_assert_eq!(outputs(&last), outputs(&dealers));
        prop_assert_eq!(public_key(agreed.public(), number(t2)), Ok(shared[0].key));
        prop_assert_eq!(whole(&last).public().element(), shared[0].key);
    }
}
