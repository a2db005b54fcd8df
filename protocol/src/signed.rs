//! A signed object: its bytes, its id and its signature, kept exactly as they came.
//!
//! On the wire it is the CBOR array `[payload bytes, signature]`. The id is the payload's digest under the object's
//! label, and it is the id that is signed.
//! Invariant: a [`Signed`] has been verified; [`Unverified`] is what one has before.

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    codec::{self, DecodeError},
    hash::{Digest, Label, digest},
    keys::{BadSignature, PublicKey, SecretKey, Signature},
};

/// An object that is signed by one key.
pub trait SignedObject: Encode<()> + for<'b> Decode<'b, ()> {
    /// The domain of its id and signature.
    const LABEL: Label;
    /// The most bytes that its payload may have.
    const BYTES_MAX: usize;
    /// The version that this program writes.
    const VERSION: u8;

    /// The version that it carries.
    fn version(&self) -> u8;
    /// The key that has to have signed it.
    fn signer(&self) -> PublicKey;
}

/// Bytes of the envelope around a payload: the array's head, two lengths and the signature.
pub const ENVELOPE_BYTES: usize = 1 + 5 + 2 + 64;

#[derive(Decode, Encode)]
struct Envelope {
    #[n(0)]
    payload: ByteVec,
    #[n(1)]
    signature: Signature,
}

/// A well-formed object whose signature nobody has looked at.
#[derive(Clone, Debug)]
pub struct Unverified<T>(Signed<T>);

/// An object with a valid signature of its signer.
#[derive(Clone, Debug)]
pub struct Signed<T> {
    value: T,
    id: Digest,
    bytes: Box<[u8]>,
    signature: Signature,
}

impl<T: SignedObject> Unverified<T> {
    /// Reads the envelope and the object, and checks sizes, encoding and version.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let envelope: Envelope = codec::decode(bytes, T::BYTES_MAX + ENVELOPE_BYTES)?;
        if let Some(version) = version_of(&envelope.payload)
            && version > T::VERSION
        {
            return Err(DecodeError::UnknownVersion(version));
        }
        let value: T = codec::decode(&envelope.payload, T::BYTES_MAX)?;
        if value.version() != T::VERSION {
            return Err(DecodeError::UnknownVersion(value.version()));
        }
        let id = digest(T::LABEL, &[&envelope.payload]);
        Ok(Self(Signed { value, id, bytes: bytes.into(), signature: envelope.signature }))
    }

    /// What an object says that this node verified before it wrote it to its own, checksummed disk: reads the fields, and
    /// looks at nothing else. For whoever reads many.
    pub fn value_on_own_disk(bytes: &[u8]) -> Result<T, DecodeError> {
        let mut envelope = minicbor::Decoder::new(bytes);
        envelope.array().map_err(codec::malformed)?;
        let payload = envelope.bytes().map_err(codec::malformed)?;
        minicbor::decode(payload).map_err(codec::malformed)
    }

    /// What it says, unproven.
    pub fn value(&self) -> &T {
        &self.0.value
    }

    /// The digest of what it says.
    pub fn id(&self) -> Digest {
        self.0.id
    }

    /// Checks the signature.
    pub fn verify(self) -> Result<Signed<T>, BadSignature> {
        self.0.value.signer().verify(&self.0.id, &self.0.signature)?;
        Ok(self.0)
    }

    /// Takes an object that this node verified before it wrote it to its own, checksummed disk.
    pub fn trust_own_disk(self) -> Signed<T> {
        self.0
    }
}

impl<T: SignedObject> Signed<T> {
    /// Signs `value`.
    ///
    /// # Panics
    /// If `key` is not the object's signer: the caller mixed up two keys.
    pub fn sign(value: T, key: &SecretKey) -> Self {
        assert_eq!(key.public(), value.signer(), "an object is signed by the key that it names");
        let payload = codec::encode(&value);
        let id = digest(T::LABEL, &[&payload]);
        let signature = key.sign(&id);
        let bytes = codec::encode(&Envelope { payload: payload.into(), signature }).into();
        Self { value, id, bytes, signature }
    }

    /// What it says.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The digest of what it says: its name.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// Payload and signature as they came, to keep and to forward.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T> std::ops::Deref for Signed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> PartialEq for Signed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<T> Eq for Signed<T> {}

/// The version of an object that may be of a later program: the first element of its array.
pub(crate) fn version_of(payload: &[u8]) -> Option<u8> {
    let mut decoder = minicbor::Decoder::new(payload);
    decoder.array().ok()??;
    decoder.u8().ok()
}
