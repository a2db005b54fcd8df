//! `larum peers`: who this node is connected to, and who it tries to reach.

use larum_protocol::api::{Connection, PeerInfo, PeerList, path};

use super::Session;
use crate::{Status, error::Failure, output::Table};

pub(crate) fn run(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let list: PeerList = session.client()?.get(path::PEERS)?;
    session.show(&list, |list| {
        if list.peers.is_empty() {
            return "no other node is on the roster".to_owned();
        }
        let mut table = Table::new(["member", "connection", "rtt ms", "behind", "address", "last error"]);
        list.peers.iter().for_each(|peer| table.row(row(peer)));
        table.render()
    })
}

fn row(peer: &PeerInfo) -> [String; 6] {
    let connection = match peer.connection {
        Connection::Inbound => "inbound",
        Connection::None => "none",
        Connection::Outbound => "outbound",
    };
    [
        peer.member.clone(),
        connection.to_owned(),
        peer.rtt_ms.map_or_else(|| "-".to_owned(), |rtt| rtt.to_string()),
        peer.behind.to_string(),
        peer.address.clone().unwrap_or_default(),
        peer.last_error.clone().unwrap_or_default(),
    ]
}
