//! RFC 9497's names for what the group can do, in mode VOPRF of the suite ristretto255-SHA512 (section 4.1).

use std::sync::LazyLock;

use curve25519_dalek::{RistrettoPoint, Scalar, ristretto::CompressedRistretto, traits::IsIdentity as _};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

use super::{Element, OprfError};

/// `"OPRFV1-" || I2OSP(1, 1) || "-" || "ristretto255-SHA512"` (section 3.1).
pub(super) const CONTEXT: &[u8] = b"OPRFV1-\x01-ristretto255-SHA512";
/// SHA-512's block.
const BLOCK_BYTES: usize = 128;

/// SHA-512 over parts, one behind the other.
pub(super) fn sha512<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 64] {
    let mut hash = Sha512::new();
    parts.into_iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// SHA-512 of the block of zeros that every expansion begins with.
static PADDED: LazyLock<Sha512> = LazyLock::new(|| Sha512::new().chain_update([0; BLOCK_BYTES]));

/// `expand_message_xmd` for 64 bytes (RFC 9380, section 5.3.1): one block, as SHA-512 gives as many.
fn expand(parts: &[&[u8]], tag: &[u8]) -> [u8; 64] {
    let tag_length = [u8::try_from(tag.len() + CONTEXT.len()).expect("our own tags are short")];
    let tagged: [&[u8]; 3] = [tag, CONTEXT, &tag_length];
    let mut first = PADDED.clone();
    parts.iter().for_each(|part| first.update(part));
    first.update([0, 64, 0]);
    tagged.iter().for_each(|part| first.update(part));
    let first: [u8; 64] = first.finalize().into();
    sha512([first.as_slice(), &[1]].into_iter().chain(tagged))
}

pub(super) fn hash_to_group(input: &[u8]) -> RistrettoPoint {
    RistrettoPoint::from_uniform_bytes(&expand(&[input], b"HashToGroup-"))
}

pub(super) fn hash_to_scalar(parts: &[&[u8]]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&expand(parts, b"HashToScalar-"))
}

/// A scalar that is not zero.
pub(crate) fn random_scalar<R: CryptoRng>(random: &mut R) -> Scalar {
    loop {
        let mut wide = Zeroizing::new([0; 64]);
        random.fill_bytes(&mut *wide);
        let scalar = Scalar::from_bytes_mod_order_wide(&wide);
        if scalar != Scalar::ZERO {
            return scalar;
        }
    }
}

pub(crate) fn scalar(bytes: &[u8; 32]) -> Result<Scalar, OprfError> {
    let scalar: Option<Scalar> = Scalar::from_canonical_bytes(*bytes).into();
    scalar.filter(|scalar| *scalar != Scalar::ZERO).ok_or(OprfError::BadScalar)
}

pub(crate) fn point(element: &Element) -> Result<RistrettoPoint, OprfError> {
    let point = CompressedRistretto(element.0).decompress().filter(|point| !point.is_identity());
    point.ok_or(OprfError::BadElement)
}

pub(crate) fn points(elements: &[Element]) -> Result<Vec<RistrettoPoint>, OprfError> {
    elements.iter().map(point).collect()
}

pub(crate) fn element(point: &RistrettoPoint) -> Element {
    Element(point.compress().to_bytes())
}

/// Many points times two, compressed at the price of few: whoever wants them as they are halves a scalar before.
pub(super) fn doubled_elements(points: &[RistrettoPoint]) -> Vec<Element> {
    let compressed = RistrettoPoint::double_and_compress_batch(points);
    compressed.into_iter().map(|point| Element(point.to_bytes())).collect()
}

/// One half, which an inversion a time would be too dear for.
static HALF: LazyLock<Scalar> = LazyLock::new(|| Scalar::from(2_u8).invert());

/// The scalar by which a point is multiplied before it is doubled.
pub(super) fn half(scalar: &Scalar) -> Scalar {
    scalar * *HALF
}
