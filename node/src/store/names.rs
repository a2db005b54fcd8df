//! Stand-ins until the protocol's own types are there.
#![allow(missing_docs, reason = "replaced")]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LogId(pub [u8; 48]);
impl LogId {
    pub fn to_bytes(&self) -> [u8; 48] {
        self.0
    }
    pub fn from_bytes(bytes: &[u8; 48]) -> Self {
        Self(*bytes)
    }
}
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest(pub [u8; 32]);
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(pub u64);
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Day(pub u32);
