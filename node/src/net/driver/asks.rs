//! Questions of ours to the stewards of others, and of others to ours.

use bytes::Bytes;
use libp2p::PeerId;
use libp2p::request_response::{Event, InboundRequestId, Message, OutboundRequestId, ResponseChannel};
use tokio::sync::oneshot;

use super::Driver;
use super::swarm_events::failure;
use crate::net::ask::{Answer, Ask, Asked, End, Reply};
use crate::net::codec::FrameTooLong;
use crate::net::event::{RequestFailure, WireFault};
use crate::net::key::peer_id;
use crate::net::requests::Full;

impl Driver {
    pub(super) fn ask(&mut self, ask: Ask) {
        let Ask { peer, bytes, end } = ask;
        if end.is_closed() {
            return;
        }
        let failure = match peer_id(&peer).filter(|to| self.admits(to)) {
            None => RequestFailure::NotConnected,
            Some(to) if !self.questions.room_for(&to) => RequestFailure::Busy,
            Some(to) if !self.reach(to) => RequestFailure::NotConnected,
            Some(to) => {
                // While the peer is being dialled libp2p keeps the question, and fails it with the attempt.
                let wire = self.swarm.behaviour_mut().steward.send_request(&to, Ok(bytes));
                return self.questions.sent(wire, to, end);
            }
        };
        finish(end, Err(failure));
    }

    pub(super) fn answer(&mut self, answer: Answer) {
        let Answer { channel, bytes } = answer;
        if self.swarm.behaviour_mut().steward.send_response(channel, bytes).is_err() {
            tracing::debug!("an answer came after its question had ended");
        }
    }

    pub(super) fn on_steward(&mut self, event: Event<Result<Bytes, FrameTooLong>, Bytes>) {
        match event {
            Event::Message { peer, message: Message::Request { request_id, request, channel }, .. } => match request {
                Ok(bytes) => self.on_question(peer, request_id, bytes, channel),
                Err(FrameTooLong { .. }) => self.blame(&peer, WireFault::OversizedRequest),
            },
            Event::Message { message: Message::Response { request_id, response }, .. } => {
                self.on_answer(request_id, Ok(response));
            }
            Event::OutboundFailure { peer, request_id, error, .. } => {
                let failure = failure(&error);
                if failure == RequestFailure::Oversized {
                    self.blame(&peer, WireFault::OversizedResponse);
                }
                self.on_answer(request_id, Err(failure));
            }
            Event::InboundFailure { request_id, .. } | Event::ResponseSent { request_id, .. } => {
                self.questions.finished(request_id);
            }
        }
    }

    /// Passes a question on. Wherever it is dropped its channel goes with it, and the asker sees the stream end.
    fn on_question(&mut self, peer: PeerId, wire: InboundRequestId, bytes: Bytes, channel: ResponseChannel<Bytes>) {
        let Some(key) = self.admitted(&peer) else {
            return;
        };
        match self.questions.received(wire, peer, ()) {
            Ok(()) => {
                let bytes_max = self.limits.steward_response_bytes_max;
                let reply = Reply { channel, answers: self.answers_in.clone(), bytes_max };
                if self.asked.try_send(Asked { peer: key, bytes, reply }).is_err() {
                    tracing::debug!("nobody here takes questions now; one was dropped");
                }
            }
            Err(Full::Peer) => self.blame(&peer, WireFault::TooManyRequests),
            Err(Full::Everybody) => tracing::debug!("too many questions of peers are under way; one was dropped"),
        }
    }

    /// A question of ours ended.
    fn on_answer(&mut self, wire: OutboundRequestId, result: End) {
        let Some((peer, end)) = self.questions.ended(wire) else {
            return;
        };
        finish(end, if self.admits(&peer) { result } else { Err(RequestFailure::Closed) });
    }
}

fn finish(end: oneshot::Sender<End>, result: End) {
    // Whoever asked may have given up meanwhile.
    let _ = end.send(result);
}
