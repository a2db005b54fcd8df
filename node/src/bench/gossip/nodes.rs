//! Ten whole nodes: a statement goes through signing, the publisher's disk, gossip, and every other's disk and index.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use larum_protocol::tag::Tag;

use super::{NODES, PATIENCE, PAUSE, WARM_UP};
use crate::{
    bench::{
        BenchError,
        author::{EPOCH, statement},
        index::tag,
        rig::{Rig, free_addresses},
    },
    node::Node,
};

/// Between two looks at whether all nodes have it: fine enough for what is measured, and rare enough not to disturb it.
const LOOK_EVERY: Duration = Duration::from_micros(200);

/// Publishes one by one; how long each took to be answerable everywhere, sorted.
pub(super) async fn run(dir: &Path, publications: usize) -> Result<Vec<Duration>, BenchError> {
    let addresses: Vec<_> = free_addresses(NODES)?.into_iter().map(|address| (Some(address), address)).collect();
    let rig = Rig::found(dir, &addresses)?;
    let mut nodes = Vec::new();
    for at in 0..NODES {
        nodes.push(Node::start(rig.config(at)?).await?);
    }
    connected(&nodes).await?;
    let mut times = Vec::with_capacity(publications);
    for number in 0..WARM_UP + publications {
        let subject = Tag(tag(number as u64));
        let started = Instant::now();
        nodes[number % NODES].engine_handle().publish(vec![(EPOCH, vec![statement(subject)])]).await?;
        while !nodes.iter().all(|node| node.ledger().hits(&[subject.0])[0]) {
            if started.elapsed() > PATIENCE {
                return Err(BenchError::wrong("a statement did not reach everybody"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        if number >= WARM_UP {
            times.push(started.elapsed());
        }
        tokio::time::sleep(PAUSE).await;
    }
    for node in nodes {
        node.stop().await?;
    }
    times.sort_unstable();
    Ok(times)
}

/// Waits until every node has heard every other.
async fn connected(nodes: &[Node]) -> Result<(), BenchError> {
    let started = Instant::now();
    while !nodes
        .iter()
        .all(|node| node.ledger().coverage().may_clear() && node.ledger().coverage().heard as usize == NODES)
    {
        if started.elapsed() > PATIENCE {
            return Err(BenchError::wrong("the nodes did not hear each other"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
