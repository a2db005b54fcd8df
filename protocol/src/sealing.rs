//! Sealing bytes to a member's sealing key: HPKE (RFC 9180), base mode, single shot, DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256, ChaCha20-Poly1305.

use hpke::{
    Deserializable, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256,
};
use minicbor::{Decode, Encode, bytes::ByteVec};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    hash::Label,
    keys::{SealingPublicKey, SealingSecretKey},
};

type Kem = X25519HkdfSha256;

/// Sealed bytes.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Sealed {
    /// HPKE's encapsulated key.
    #[n(0)]
    pub encapsulated: ByteVec,
    /// The ciphertext with its tag.
    #[n(1)]
    pub ciphertext: ByteVec,
}

/// Why bytes could not be sealed or opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SealingError {
    /// The sealing key is not a key.
    #[error("the sealing key is not valid")]
    BadKey,
    /// Not sealed to this key, or for another purpose.
    #[error("it does not open with this sealing key")]
    DoesNotOpen,
}

/// Seals `plain` for one purpose and context, which opening has to name again.
///
/// # Errors
/// [`SealingError::BadKey`] if `to` is no key.
pub fn seal<R: CryptoRng>(
    to: &SealingPublicKey,
    purpose: Label,
    context: &[u8],
    plain: &[u8],
    random: &mut R,
) -> Result<Sealed, SealingError> {
    let key = <Kem as hpke::Kem>::PublicKey::from_bytes(&to.0).map_err(|_| SealingError::BadKey)?;
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeS::Base,
        &key,
        purpose.bytes(),
        plain,
        context,
        random,
    )
    .map_err(|_| SealingError::BadKey)?;
    Ok(Sealed { encapsulated: encapsulated.to_bytes().to_vec().into(), ciphertext: ciphertext.into() })
}

/// Opens what was sealed for this purpose and context.
///
/// # Errors
/// [`SealingError::DoesNotOpen`].
pub fn open(
    secret: &SealingSecretKey,
    purpose: Label,
    context: &[u8],
    encapsulated: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealingError> {
    let fault = |_| SealingError::DoesNotOpen;
    let secret = <Kem as hpke::Kem>::PrivateKey::from_bytes(&secret.0).map_err(fault)?;
    let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated).map_err(fault)?;
    let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeR::Base,
        &secret,
        &encapsulated,
        purpose.bytes(),
        ciphertext,
        context,
    );
    opened.map(Zeroizing::new).map_err(fault)
}
