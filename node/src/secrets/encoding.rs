//! The secrets as bytes inside the seal: a CBOR array (RFC 8949) `[version, member, sealing, node, {epoch: salt}]`, and of
//! a steward `[2, member, sealing, node, {epoch: salt}, [[public, number, share]], {ceremony: seed}]`.
//!
//! Invariant: the buffer is as large as it gets before the first secret goes in; growing would leave copies behind.

use std::collections::BTreeMap;

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError};
use zeroize::Zeroizing;

use super::{SALTS_MAX, STEWARDSHIPS_MAX, Secrets, SecretsError, Stewardship};

/// The layout of a node that is no steward, so that an older program reads it, too.
const VERSION: u32 = 1;
/// The layout of a steward.
const STEWARD_VERSION: u32 = 2;
/// Array, version, three seeds, map head.
const FIXED_BYTES: usize = 1 + 5 + 3 * 34 + 9;
/// Epoch and salt.
const SALT_BYTES: usize = 5 + 34;
/// Two heads of stewardship.
const STEWARD_BYTES: usize = 9 + 9;
/// Array, public share, number and share.
const SHARE_BYTES: usize = 1 + 34 + 3 + 34;
/// Ceremony and seed.
const SEED_BYTES: usize = 34 + 34;

impl Secrets {
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
        if self.salts.len() > SALTS_MAX {
            return Err(SecretsError::TooManySalts);
        }
        let Stewardship { shares, seeds } = &self.stewardship;
        if shares.len().max(seeds.len()) > STEWARDSHIPS_MAX {
            return Err(SecretsError::TooManyShares);
        }
        let stewardship = STEWARD_BYTES + shares.len() * SHARE_BYTES + seeds.len() * SEED_BYTES;
        let room = FIXED_BYTES + self.salts.len() * SALT_BYTES + stewardship;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        self.write(&mut Encoder::new(&mut *bytes)).expect("a vector takes what is written");
        debug_assert!(bytes.len() <= room);
        Ok(bytes)
    }

    fn write(&self, out: &mut Encoder<&mut Vec<u8>>) -> Result<(), EncodeError<std::convert::Infallible>> {
        let is_steward = self.stewardship != Stewardship::default();
        match is_steward {
            true => out.array(7)?.u32(STEWARD_VERSION)?,
            false => out.array(5)?.u32(VERSION)?,
        };
        match &self.member_seed {
            Some(seed) => out.bytes(seed)?,
            None => out.null()?,
        };
        out.bytes(&self.sealing_seed)?.bytes(&self.node_seed)?.map(self.salts.len() as u64)?;
        for (epoch, salt) in &self.salts {
            out.u32(*epoch)?.bytes(salt)?;
        }
        if is_steward {
            out.array(self.stewardship.shares.len() as u64)?;
            for (public, (number, share)) in &self.stewardship.shares {
                out.array(3)?.bytes(public)?.u16(*number)?.bytes(share)?;
            }
            out.map(self.stewardship.seeds.len() as u64)?;
            for (ceremony, seed) in &self.stewardship.seeds {
                out.bytes(ceremony)?.bytes(seed)?;
            }
        }
        Ok(())
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, SecretsError> {
        let mut input = Decoder::new(bytes);
        let shape = input.array().map_err(|_| SecretsError::Damaged)?;
        let version = input.u32().map_err(|_| SecretsError::Damaged)?;
        let length = match version {
            VERSION => 5,
            STEWARD_VERSION => 7,
            found => return Err(SecretsError::Version { found }),
        };
        let mut secrets = Self::read(&mut input).map_err(|_| SecretsError::Damaged)?;
        if version == STEWARD_VERSION {
            secrets.stewardship = stewardship(&mut input).map_err(|_| SecretsError::Damaged)?;
        }
        if shape != Some(length) || input.position() != bytes.len() {
            return Err(SecretsError::Damaged);
        }
        Ok(secrets)
    }

    fn read(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut secrets = Self {
            member_seed: match input.datatype()? {
                minicbor::data::Type::Null => {
                    input.null()?;
                    None
                }
                _ => Some(seed(input)?),
            },
            sealing_seed: seed(input)?,
            node_seed: seed(input)?,
            salts: BTreeMap::new(),
            stewardship: Stewardship::default(),
        };
        let count = input.map()?.filter(|count| *count <= SALTS_MAX as u64);
        for _ in 0..count.ok_or_else(|| DecodeError::message("no count of salts"))? {
            secrets.salts.insert(input.u32()?, seed(input)?);
        }
        Ok(secrets)
    }
}

fn stewardship(input: &mut Decoder<'_>) -> Result<Stewardship, DecodeError> {
    let mut stewardship = Stewardship::default();
    let bounded = |count: Option<u64>| {
        let fits = count.filter(|count| *count <= STEWARDSHIPS_MAX as u64);
        fits.ok_or_else(|| DecodeError::message("no count of shares or seeds"))
    };
    for _ in 0..bounded(input.array()?)? {
        if input.array()? != Some(3) {
            return Err(DecodeError::message("not a share"));
        }
        stewardship.shares.insert(seed(input)?, (input.u16()?, seed(input)?));
    }
    for _ in 0..bounded(input.map()?)? {
        stewardship.seeds.insert(seed(input)?, seed(input)?);
    }
    Ok(stewardship)
}

fn seed(input: &mut Decoder<'_>) -> Result<[u8; 32], DecodeError> {
    input.bytes()?.try_into().map_err(|_| DecodeError::message("not 32 bytes"))
}
