//! Rosters as the API hands them out and takes them in.

use data_encoding::BASE64;
use larum_protocol::{
    api::{RosterAnswer, RosterList, RosterOffer},
    roster::SignedRoster,
};

use super::NodeService;
use crate::http::ServiceError;

/// Bytes of rosters on one page of the list, before base64.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

impl NodeService {
    /// The rosters from a version on, as many as fit a page and at least one if there is one.
    pub(super) fn rosters_from(&self, from: u64) -> Result<RosterList, ServiceError> {
        let stored = self.store.rosters(from).map_err(|error| ServiceError::Storage(error.to_string()))?;
        let mut list = RosterList::default();
        let mut bytes = 0;
        for roster in stored {
            bytes += roster.bytes.len();
            if bytes > PAGE_BYTES && !list.rosters.is_empty() {
                list.next = Some(roster.version);
                break;
            }
            list.rosters.push(BASE64.encode(&roster.bytes));
        }
        Ok(list)
    }

    /// Takes a roster that governors signed; it is stored and on its way to every node when this returns.
    pub(super) async fn take_roster(&self, offer: RosterOffer) -> Result<RosterAnswer, ServiceError> {
        let bytes = BASE64.decode(offer.roster.trim().as_bytes());
        let bytes = bytes.map_err(|_| ServiceError::Invalid("`roster` is not base64".to_owned()))?;
        let roster = SignedRoster::decode(&bytes).map_err(|error| ServiceError::Invalid(error.to_string()))?;
        let (accepted, version) = self.engine.apply_roster(roster).await.map_err(ServiceError::Conflict)?;
        Ok(RosterAnswer { outcome: accepted.into(), version })
    }
}
