//! Salt grants: a member that holds the salt seals it to one that the roster admitted.
//!
//! Sealed ([`crate::sealing`]) and bound to the consortium, the epoch and the member. The receiver checks what it opened against the roster's commitment.

use minicbor::{Decode, Encode, bytes::ByteVec};
use rand_core::CryptoRng;

use crate::{
    clock::Timestamp,
    hash::{Digest, Label},
    keys::{PublicKey, SealingPublicKey, SealingSecretKey, SecretKey},
    limits::GRANT_BYTES_MAX,
    roster::MemberId,
    sealing,
    signed::{Signed, SignedObject},
    tag::Salt,
};

/// A salt of one epoch, sealed to one member. On the wire: an array in this order.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Grant {
    /// The version of this object.
    #[n(0)]
    pub version: u8,
    /// The consortium's id.
    #[n(1)]
    pub consortium: Digest,
    /// The epoch whose salt it is.
    #[n(2)]
    pub epoch: u32,
    /// The member that may open it.
    #[n(3)]
    pub to: MemberId,
    /// The node that granted it.
    #[n(4)]
    pub from: PublicKey,
    /// When.
    #[n(5)]
    pub issued: Timestamp,
    /// HPKE's encapsulated key.
    #[n(6)]
    pub encapsulated: ByteVec,
    /// The sealed salt.
    #[n(7)]
    pub sealed: ByteVec,
}

impl SignedObject for Grant {
    const BYTES_MAX: usize = GRANT_BYTES_MAX;
    const LABEL: Label = Label::SaltGrant;
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }

    fn signer(&self) -> PublicKey {
        self.from
    }
}

/// Why a salt could not be sealed or opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GrantError {
    /// The roster's sealing key is not a key.
    #[error("the member's sealing key on the roster is not valid")]
    BadSealingKey,
    /// Not sealed to this key, or not for this consortium, epoch and member.
    #[error("the grant does not open with this member's sealing key")]
    DoesNotOpen,
    /// Opened, and not the salt that the roster commits to.
    #[error("the grant holds another salt than the roster commits to")]
    WrongSalt,
}

/// What a grant is about.
#[derive(Clone, Copy, Debug)]
pub struct GrantScope {
    /// The consortium's id.
    pub consortium: Digest,
    /// The epoch.
    pub epoch: u32,
    /// The member.
    pub to: MemberId,
}

impl GrantScope {
    fn associated_data(&self) -> Vec<u8> {
        [self.consortium.0.as_slice(), &self.epoch.to_be_bytes(), &self.to.0.to_be_bytes()].concat()
    }
}

/// Seals `salt` to a member's sealing key and signs the grant with the granting node's key.
pub fn grant<R: CryptoRng>(
    scope: GrantScope,
    salt: &Salt,
    to: &SealingPublicKey,
    from: &SecretKey,
    issued: Timestamp,
    random: &mut R,
) -> Result<Signed<Grant>, GrantError> {
    let sealed = sealing::seal(to, Label::SaltSealing, &scope.associated_data(), salt.expose(), random)
        .map_err(|_| GrantError::BadSealingKey)?;
    let grant = Grant {
        version: Grant::VERSION,
        consortium: scope.consortium,
        epoch: scope.epoch,
        to: scope.to,
        from: from.public(),
        issued,
        encapsulated: sealed.encapsulated,
        sealed: sealed.ciphertext,
    };
    Ok(Signed::sign(grant, from))
}

impl Grant {
    /// Opens the grant and checks the salt against the roster's commitment.
    pub fn open(&self, secret: &SealingSecretKey, commitment: &Digest) -> Result<Salt, GrantError> {
        let scope = GrantScope { consortium: self.consortium, epoch: self.epoch, to: self.to };
        let context = scope.associated_data();
        let opened = sealing::open(secret, Label::SaltSealing, &context, &self.encapsulated, &self.sealed)
            .map_err(|_| GrantError::DoesNotOpen)?;
        let bytes: [u8; 32] = opened.as_slice().try_into().map_err(|_| GrantError::WrongSalt)?;
        let salt = Salt::new(bytes);
        if salt.commitment(self.epoch) == *commitment { Ok(salt) } else { Err(GrantError::WrongSalt) }
    }
}
