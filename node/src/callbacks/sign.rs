//! Signatures of callbacks as Standard Webhooks lay down: `v1` by a shared secret, `v1a` by this node.
//!
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>. What is signed is
//! `id.timestamp.body`. The Ed25519 key is one of its own, made from the node's seed: the node's own key signs nothing but
//! objects of the protocol.

use std::{fs, io::Read as _, path::Path};

use data_encoding::BASE64;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use larum_protocol::hash::{Label, keyed_digest};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::CallbackError;

/// Bytes of a secret, as the specification bounds them.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Bytes of a secret's file: one line.
const SECRET_FILE_BYTES_MAX: u64 = 1_024;
const SECRET_PREFIX: &str = "whsec_";
const PUBLIC_PREFIX: &str = "whpk_";

/// One endpoint's shared secret.
pub(super) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Reads `whsec_` and base64 from the first line of a file.
    pub(super) fn read(path: &Path) -> Result<Self, CallbackError> {
        let failed = |source| CallbackError::SecretFile { path: path.to_owned(), source };
        let mut text = Zeroizing::new(String::new());
        let file = fs::File::open(path).map_err(failed)?;
        file.take(SECRET_FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        let line = text.lines().next().unwrap_or_default().trim();
        Self::parse(line).ok_or_else(|| CallbackError::Secret { path: path.to_owned() })
    }

    fn parse(line: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64.decode(line.strip_prefix(SECRET_PREFIX)?.as_bytes()).ok()?);
        SECRET_BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    fn sign(&self, content: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length");
        mac.update(content);
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    }
}

/// The key with which this node signs every callback.
pub(super) struct NodeSigner(SigningKey);

impl std::fmt::Debug for NodeSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NodeSigner")
    }
}

impl NodeSigner {
    pub(super) fn new(node_seed: &[u8; 32]) -> Self {
        let seed = Zeroizing::new(keyed_digest(node_seed, Label::LocalKey, &[b"callbacks"]).0);
        Self(SigningKey::from_bytes(&seed))
    }

    /// The public key as receivers take it.
    pub(super) fn public(&self) -> String {
        format!("{PUBLIC_PREFIX}{}", BASE64.encode(self.0.verifying_key().as_bytes()))
    }

    fn sign(&self, content: &[u8]) -> String {
        format!("v1a,{}", BASE64.encode(&self.0.sign(content).to_bytes()))
    }
}

/// The value of `webhook-signature`.
pub(super) fn signatures(secret: &Secret, node: &NodeSigner, id: &str, timestamp: u64, body: &str) -> String {
    let content = format!("{id}.{timestamp}.{body}");
    format!("{} {}", secret.sign(content.as_bytes()), node.sign(content.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_specifications_libraries() {
        // From the test of the reference libraries (libraries/*/ "sign function works").
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let content = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        assert_eq!(secret.sign(content), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn the_nodes_signature_verifies_under_the_public_key_that_is_shown() {
        let node = NodeSigner::new(&[5; 32]);
        let public = BASE64.decode(node.public().strip_prefix(PUBLIC_PREFIX).unwrap().as_bytes()).unwrap();
        let public = ed25519_dalek::VerifyingKey::from_bytes(public.as_slice().try_into().unwrap()).unwrap();
        let signed = BASE64.decode(node.sign(b"content").strip_prefix("v1a,").unwrap().as_bytes()).unwrap();
        let signature = ed25519_dalek::Signature::from_slice(&signed).unwrap();
        public.verify_strict(b"content", &signature).unwrap();
        assert!(public.verify_strict(b"Content", &signature).is_err());
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        for bad in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64!"] {
            fs::write(&path, bad).unwrap();
            let error = Secret::read(&path).err().unwrap().to_string();
            assert!(error.contains("whsec_") && (bad.len() < 7 || !error.contains(bad)), "{error}");
        }
        assert!(Secret::read(&dir.path().join("none")).err().unwrap().to_string().contains("none"));
    }
}
