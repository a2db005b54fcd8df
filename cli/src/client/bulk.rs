//! The bulk check: lines go out while answers come in, both at the node's pace.

use futures::stream;
use larum_protocol::api::{JSON_LINES, path};
use reqwest::{Body, Method, header::CONTENT_TYPE};
use tokio::sync::mpsc::Receiver;

use super::{ANSWER_BYTES_MAX, Client, ClientError};
use crate::error::Failure;

impl Client {
    /// Sends what comes out of `lines` and hands every line of the answer, without its end, to `on_line`.
    pub(crate) fn check_bulk(
        &self,
        lines: Receiver<Vec<u8>>,
        mut on_line: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let body = stream::unfold(lines, |mut lines| async {
            let chunk = lines.recv().await?;
            Some((Ok::<_, std::convert::Infallible>(chunk), lines))
        });
        let request =
            self.request(Method::POST, path::CHECK_BULK).header(CONTENT_TYPE, JSON_LINES).body(Body::wrap_stream(body));
        self.runtime.block_on(async {
            let mut response = self.send(request).await?;
            let mut pending = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|_| ClientError::Broken)? {
                pending.extend_from_slice(&chunk);
                let complete = pending.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                for line in pending[..complete].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    on_line(line)?;
                }
                pending.drain(..complete);
                if pending.len() > ANSWER_BYTES_MAX {
                    return Err(ClientError::NotUnderstood.into());
                }
            }
            match pending.is_empty() {
                true => Ok(()),
                false => Err(ClientError::Broken.into()),
            }
        })
    }
}
