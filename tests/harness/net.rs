//! A consortium and its nodes.

use std::{
    ops::{Index, IndexMut},
    path::Path,
};

use futures::future::join_all;
use larum_protocol::api::{CoverageState, Identifier, Verdict};
use tempfile::TempDir;

use crate::{
    consortium::{Consortium, Founding},
    node::TestNode,
    place::Site,
    wait::eventually,
};

/// Nodes of one consortium, in the order of members.
#[derive(Debug)]
pub struct TestNet {
    /// The consortium.
    pub consortium: Consortium,
    nodes: Vec<TestNode>,
    // Last, so that it goes when the processes have.
    scratch: TempDir,
}

impl TestNet {
    /// Lays down so many members of one node each, starts all, and waits until they know each other.
    pub async fn start(members: usize) -> Self {
        let mut net = Self::lay(&Founding::of(members));
        net.start_all().await;
        net.settled().await;
        net
    }

    /// Lays every data folder down and starts nothing.
    pub fn lay(founding: &Founding) -> Self {
        Self::lay_with(founding, |site| site)
    }

    /// The same with each site changed before it is laid.
    pub fn lay_with(founding: &Founding, change: impl Fn(Site) -> Site) -> Self {
        let scratch = tempfile::Builder::new().prefix("larum-it-").tempdir().unwrap();
        let consortium = Consortium::found(founding);
        let mut nodes = Vec::new();
        for (member, count) in founding.members.iter().enumerate() {
            for node in 0..*count {
                let site = change(Site::new(scratch.path(), member, node));
                site.lay(&consortium);
                nodes.push(TestNode::new(site));
            }
        }
        Self { consortium, nodes, scratch }
    }

    /// Starts every node.
    pub async fn start_all(&mut self) {
        join_all(self.nodes.iter_mut().map(TestNode::start)).await;
    }

    /// Stops every node in good order.
    pub async fn stop(&mut self) {
        join_all(self.nodes.iter_mut().map(TestNode::stop)).await;
    }

    /// Waits until every node answers from fresh coverage.
    pub async fn settled(&self) {
        for node in &self.nodes {
            node.wait_until("coverage is fresh", |status| {
                (status.coverage.state == CoverageState::Fresh && status.coverage.heard == status.coverage.members)
                    .then_some(())
            })
            .await;
        }
    }

    /// Waits until every node holds the same heads, and returns their digest.
    pub async fn converged(&self) -> String {
        eventually("all heads are equal", async || {
            let statuses = join_all(self.nodes.iter().map(TestNode::status)).await;
            let first = statuses[0].coverage.heads.clone();
            statuses.iter().all(|status| status.coverage.heads == first).then_some(first)
        })
        .await
    }

    /// Waits until every node gives this verdict.
    pub async fn all_say(&self, about: &Identifier, verdict: Verdict) {
        for node in &self.nodes {
            node.wait_for_verdict(about, verdict).await;
        }
    }

    /// The nodes.
    pub fn nodes(&self) -> &[TestNode] {
        &self.nodes
    }

    /// The nodes, to start and stop.
    pub fn nodes_mut(&mut self) -> &mut [TestNode] {
        &mut self.nodes
    }

    /// Where folders and logs lie.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }
}

impl Index<usize> for TestNet {
    type Output = TestNode;

    fn index(&self, index: usize) -> &TestNode {
        &self.nodes[index]
    }
}

impl IndexMut<usize> for TestNet {
    fn index_mut(&mut self, index: usize) -> &mut TestNode {
        &mut self.nodes[index]
    }
}
