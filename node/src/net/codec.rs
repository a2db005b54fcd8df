//! Frames of the request-response protocols: a length (u32, big-endian) and that many bytes.
//!
//! Invariant: no more memory is taken than bytes have arrived; a length alone costs nothing.
//! Invariant: a length beyond the limit is its own error, told from a stream that merely ended.
//! Absent on purpose: what the bytes mean.

use std::io;

use bytes::Bytes;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response;

/// Room taken at once for a frame; beyond it the buffer grows with what arrives.
const FIRST_READ: usize = 16 * 1_024;

/// The other side announced a frame beyond the limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a frame of {length} bytes is beyond the limit of {limit}")]
pub(super) struct FrameTooLong {
    pub(super) length: usize,
    pub(super) limit: usize,
}

impl FrameTooLong {
    /// This error, if it is why a stream failed.
    pub(super) fn behind(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<Self>().copied()
    }
}

/// Reads and writes frames within the limits of each direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Codec {
    pub(super) request_max: usize,
    pub(super) response_max: usize,
}

impl request_response::Codec for Codec {
    type Protocol = StreamProtocol;
    /// Too long is a value and not an error: libp2p tells nobody about a request that failed to be read, and a peer
    /// that sends one is to be told apart from a stream that broke.
    type Request = Result<Bytes, FrameTooLong>;
    type Response = Bytes;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Self::Request>
    where
        T: AsyncRead + Unpin + Send,
    {
        match read_frame(io, self.request_max).await {
            Err(error) => FrameTooLong::behind(&error).map(Err).ok_or(error),
            Ok(bytes) => Ok(Ok(bytes)),
        }
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Bytes>
    where
        T: AsyncRead + Unpin + Send,
    {
        read_frame(io, self.response_max).await
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, request: Self::Request) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        let bytes = request.map_err(io::Error::other)?;
        write_frame(io, &bytes, self.request_max).await
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, response: Bytes) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write_frame(io, &response, self.response_max).await
    }
}

async fn read_frame<T: AsyncRead + Unpin>(io: &mut T, limit: usize) -> io::Result<Bytes> {
    let mut prefix = [0; 4];
    io.read_exact(&mut prefix).await?;
    let length = u32::from_be_bytes(prefix) as usize;
    check(length, limit)?;
    let mut bytes = Vec::with_capacity(length.min(FIRST_READ));
    io.take(length as u64).read_to_end(&mut bytes).await?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes.into())
}

async fn write_frame<T: AsyncWrite + Unpin>(io: &mut T, bytes: &[u8], limit: usize) -> io::Result<()> {
    check(bytes.len(), limit)?;
    let prefix = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    io.write_all(&prefix.to_be_bytes()).await?;
    io.write_all(bytes).await?;
    io.flush().await
}

fn check(length: usize, limit: usize) -> io::Result<()> {
    if length > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, FrameTooLong { length, limit }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use futures::executor::block_on;
    use futures::io::Cursor;
    use libp2p::request_response::Codec as _;

    use super::*;

    fn read(bytes: &[u8], limit: usize) -> io::Result<Bytes> {
        block_on(read_frame(&mut Cursor::new(bytes), limit))
    }

    #[test]
    fn a_frame_reads_back_as_written() {
        for length in [0, 1, 255, FIRST_READ, 3 * FIRST_READ + 1] {
            let payload = vec![0xA5; length];
            let mut wire = Vec::new();
            block_on(write_frame(&mut wire, &payload, length)).unwrap();
            assert_eq!(wire.len(), length + 4);
            assert_eq!(read(&wire, length).unwrap(), payload);
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_named_before_anything_is_read() {
        let error = read(&[0xFF; 4], 1_000).unwrap_err();
        assert_eq!(FrameTooLong::behind(&error), Some(FrameTooLong { length: u32::MAX as usize, limit: 1_000 }));
    }

    #[test]
    fn i10_a_frame_beyond_the_limit_of_its_direction_costs_its_length_and_no_more() {
        let mut codec = Codec { request_max: 1_000, response_max: 2_000 };
        let protocol = StreamProtocol::new("/test");
        let frame = |length: u32| Cursor::new([&length.to_be_bytes()[..], &vec![0xA5; length as usize]].concat());
        // Given a whole frame of the largest length, it is taken
        let taken = block_on(codec.read_request(&protocol, &mut frame(1_000))).unwrap();
        assert_eq!(taken.unwrap().len(), 1_000);
        assert_eq!(block_on(codec.read_response(&protocol, &mut frame(2_000))).unwrap().len(), 2_000);
        // Given one byte more, it is refused by its length: not one of the bytes that wait is read
        let mut long = frame(1_001);
        let refused = block_on(codec.read_request(&protocol, &mut long)).unwrap();
        assert_eq!((refused, long.position()), (Err(FrameTooLong { length: 1_001, limit: 1_000 }), 4));
        let mut long = frame(2_001);
        let refused = block_on(codec.read_response(&protocol, &mut long)).unwrap_err();
        let named = FrameTooLong { length: 2_001, limit: 2_000 };
        assert_eq!((FrameTooLong::behind(&refused), long.position()), (Some(named), 4));
    }

    #[test]
    fn a_frame_beyond_the_limit_is_not_written() {
        let mut wire = Vec::new();
        let error = block_on(write_frame(&mut wire, &[0; 11], 10)).unwrap_err();
        assert_eq!(FrameTooLong::behind(&error), Some(FrameTooLong { length: 11, limit: 10 }));
        assert!(wire.is_empty());
    }

    #[test]
    fn every_cut_of_a_frame_is_an_early_end() {
        let mut wire = Vec::new();
        block_on(write_frame(&mut wire, b"four hundred", 100)).unwrap();
        for cut in 0..wire.len() {
            let error = read(&wire[..cut], 100).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "cut at {cut}");
        }
    }
}
