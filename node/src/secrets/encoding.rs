//! The secrets as bytes inside the seal: a CBOR array (RFC 8949) `[version, member, sealing, node, {epoch: salt}]`.
//!
//! Invariant: the buffer is as large as it gets before the first secret goes in; growing would leave copies behind.

use std::collections::BTreeMap;

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError};
use zeroize::Zeroizing;

use super::{SALTS_MAX, Secrets, SecretsError};

/// The layout below; another one gets another number.
const VERSION: u32 = 1;
/// Array, version, three seeds, map head.
const FIXED_BYTES: usize = 1 + 5 + 3 * 34 + 9;
/// Epoch and salt.
const SALT_BYTES: usize = 5 + 34;

impl Secrets {
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
        if self.salts.len() > SALTS_MAX {
            return Err(SecretsError::TooManySalts);
        }
        let room = FIXED_BYTES + self.salts.len() * SALT_BYTES;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        self.write(&mut Encoder::new(&mut *bytes)).expect("a vector takes what is written");
        debug_assert!(bytes.len() <= room);
        Ok(bytes)
    }

    fn write(&self, out: &mut Encoder<&mut Vec<u8>>) -> Result<(), EncodeError<std::convert::Infallible>> {
        out.array(5)?.u32(VERSION)?;
        match &self.member_seed {
            Some(seed) => out.bytes(seed)?,
            None => out.null()?,
        };
        out.bytes(&self.sealing_seed)?.bytes(&self.node_seed)?.map(self.salts.len() as u64)?;
        for (epoch, salt) in &self.salts {
            out.u32(*epoch)?.bytes(salt)?;
        }
        Ok(())
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, SecretsError> {
        let mut input = Decoder::new(bytes);
        let shape = input.array().map_err(|_| SecretsError::Damaged)?;
        let version = input.u32().map_err(|_| SecretsError::Damaged)?;
        if version != VERSION {
            return Err(SecretsError::Version { found: version });
        }
        let secrets = Self::read(&mut input).map_err(|_| SecretsError::Damaged)?;
        if shape != Some(5) || input.position() != bytes.len() {
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
        };
        let count = input.map()?.filter(|count| *count <= SALTS_MAX as u64);
        for _ in 0..count.ok_or_else(|| DecodeError::message("no count of salts"))? {
            secrets.salts.insert(input.u32()?, seed(input)?);
        }
        Ok(secrets)
    }
}

fn seed(input: &mut Decoder<'_>) -> Result<[u8; 32], DecodeError> {
    input.bytes()?.try_into().map_err(|_| DecodeError::message("not 32 bytes"))
}
