//! Ed25519 keys (RFC 8032) and signatures; X25519 sealing keys (RFC 9180).
//!
//! A signature covers the digest of an object under its label, so it can never be taken for one of another kind.
//! Invariant: verification is strict: small-order keys and non-canonical encodings are refused, and every verifier
//! agrees on every signature.

use std::fmt;

use ed25519_dalek::{Signature as DalekSignature, Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::hash::{Digest, Label, NotHex32, byte_string, digest, hex32};

/// A public Ed25519 key: a governor's, a member's or a node's.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PublicKey(pub [u8; 32]);

/// An Ed25519 signature.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Signature(pub [u8; 64]);

/// The public half of a member's sealing key: X25519.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SealingPublicKey(pub [u8; 32]);

byte_string!(PublicKey, PublicKey, 32);
byte_string!(SealingPublicKey, SealingPublicKey, 32);
byte_string!(Signature, Signature, 64);

/// A signature that does not fit its key and content.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

impl PublicKey {
    /// Checks `signature` over `id`, the digest of an object under its label.
    pub fn verify(&self, id: &Digest, signature: &Signature) -> Result<(), BadSignature> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| BadSignature)?;
        key.verify_strict(&id.0, &DalekSignature::from_bytes(&signature.0)).map_err(|_| BadSignature)
    }
}

/// A secret Ed25519 key; never printed, erased when dropped.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key of a 32-byte seed (RFC 8032, section 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `id`, the digest of an object under its label.
    pub fn sign(&self, id: &Digest) -> Signature {
        Signature(self.0.sign(&id.0).to_bytes())
    }
}

/// The secret half of a member's sealing key; never printed, erased when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealingSecretKey(pub(crate) [u8; 32]);

impl SealingSecretKey {
    /// The key of a 32-byte seed, by RFC 9180's DeriveKeyPair.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        use hpke::{Kem, Serializable};
        let (secret, _) = hpke::kem::X25519HkdfSha256::derive_keypair(seed);
        Self(secret.to_bytes().into())
    }

    /// The public half.
    pub fn public(&self) -> SealingPublicKey {
        use hpke::{Deserializable, Kem, Serializable};
        let secret = <hpke::kem::X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&self.0)
            .expect("32 bytes are an X25519 secret");
        SealingPublicKey(hpke::kem::X25519HkdfSha256::sk_to_pk(&secret).to_bytes().into())
    }
}

/// A member's word that a node is its own: signed by the member key over (member key, node key).
pub fn certify_node(member: &SecretKey, node: &PublicKey) -> Signature {
    member.sign(&certificate_id(&member.public(), node))
}

/// Checks what [`certify_node`] made.
pub fn verify_certificate(member: &PublicKey, node: &PublicKey, certificate: &Signature) -> Result<(), BadSignature> {
    member.verify(&certificate_id(member, node), certificate)
}

fn certificate_id(member: &PublicKey, node: &PublicKey) -> Digest {
    digest(Label::NodeCertificate, &[&member.0, &node.0])
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0[..6]))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = NotHex32;

    fn from_str(text: &str) -> Result<Self, NotHex32> {
        hex32(text).map(Self)
    }
}

impl fmt::Debug for SealingPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0[..6]))
    }
}

impl fmt::Display for SealingPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::str::FromStr for SealingPublicKey {
    type Err = NotHex32;

    fn from_str(text: &str) -> Result<Self, NotHex32> {
        hex32(text).map(Self)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl fmt::Debug for SealingSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingSecretKey(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// RFC 8032, section 7.1, test 1: the public key of a known seed.
    #[test]
    fn the_key_of_rfc_8032_test_1_is_derived() {
        let seed = hex32("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(SecretKey::from_seed(&seed).public().to_string(), public);
    }

    /// RFC 9180, appendix A.2 (DHKEM(X25519, HKDF-SHA256), ChaCha20Poly1305): ikmR and pkRm of the base setup.
    #[test]
    fn the_sealing_key_of_rfc_9180_is_derived() {
        let seed = hex32("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df").unwrap();
        let public = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
        assert_eq!(SealingSecretKey::from_seed(&seed).public().to_string(), public);
    }

    #[test]
    fn a_certificate_holds_for_its_member_and_node_only() {
        let (member, other) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
        let node = SecretKey::from_seed(&[3; 32]).public();
        let certificate = certify_node(&member, &node);
        assert_eq!(verify_certificate(&member.public(), &node, &certificate), Ok(()));
        assert_eq!(verify_certificate(&other.public(), &node, &certificate), Err(BadSignature));
        assert_eq!(verify_certificate(&member.public(), &other.public(), &certificate), Err(BadSignature));
    }
}
