//! What stewards are asked, what they answer, and what dealers say in ceremonies: any bytes are taken for what they are or
//! refused, with their sender named, and no wrong share or evaluation is ever taken for a right one.
#![no_main]

use larum_fuzz::{
    in_bounds,
    steward::{WAYS, answerer, setting},
};
use larum_protocol::{
    codec,
    limits::EVALUATED_BYTES_MAX,
    oprf::Evaluation,
    signed::{SignedObject, Unverified},
    steward::{Acknowledgement, Evaluated, Question, Reply},
    wire::Message,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    setting(); // so that no input pays for it
    let Some((mode, bytes)) = data.split_first() else { return };
    match mode % 9 {
        0 => message::<Question>(bytes),
        1 => message::<Reply>(bytes),
        2 => signed::<Evaluated>(bytes),
        3 => signed::<Acknowledgement>(bytes),
        4 => evaluation(bytes),
        way => in_bounds(bytes.len(), || WAYS[usize::from(way) - 5].hear(bytes)),
    }
});

/// What is read is written back as the same bytes.
fn message<T: Message>(bytes: &[u8]) {
    if let Ok(message) = in_bounds(bytes.len(), || T::from_bytes(bytes)) {
        assert_eq!(message.to_bytes(), bytes, "one message, one spelling");
    }
}

fn signed<T: SignedObject>(bytes: &[u8]) {
    let Ok(unverified) = in_bounds(bytes.len(), || Unverified::<T>::decode(bytes)) else { return };
    if let Ok(signed) = unverified.verify() {
        assert_eq!(signed.bytes(), bytes, "signed bytes are kept as they came");
    }
}

/// A lying steward's evaluation: what passes is what the honest one gives.
fn evaluation(bytes: &[u8]) {
    let read = in_bounds(bytes.len(), || codec::decode::<Evaluation>(bytes, EVALUATED_BYTES_MAX));
    let Ok(evaluation) = read else { return };
    let setting = setting();
    let verified = setting.blinding.verify(answerer(), &evaluation);
    assert_eq!(verified.is_err(), evaluation.is_wrong(answerer(), setting.blinding.elements()));
    if verified.is_ok() {
        assert_eq!(evaluation.elements, setting.answer.elements, "a proof holds for nothing else");
    }
}
