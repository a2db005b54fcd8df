//! A list that refuses to grow beyond its limit while it is read.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::codec;

/// At most `MAX` items; on the wire an array of definite length.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// The first `MAX` of some items.
    pub fn of(items: impl IntoIterator<Item = T>) -> Self {
        Self(items.into_iter().take(MAX).collect())
    }

    /// The items.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> std::ops::Deref for List<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<C, T: Encode<C>, const MAX: usize> Encode<C> for List<T, MAX> {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), encode::Error<W::Error>> {
        self.0.encode(e, ctx)
    }
}

impl<'b, C, T: Decode<'b, C>, const MAX: usize> Decode<'b, C> for List<T, MAX> {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        codec::list::<C, T, MAX>(d, ctx).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_beyond_its_limit_or_its_input_is_refused_before_it_is_kept() {
        let too_many = minicbor::to_vec(vec![1_u8; 5]);
        assert!(too_many.is_ok_and(|bytes| decode::<List<u8, 4>>(&bytes).is_err()));
        let absurd = [0x9b, 255, 255, 255, 255, 255, 255, 255, 255];
        assert!(decode::<List<u8, { usize::MAX }>>(&absurd).is_err());
    }
}
