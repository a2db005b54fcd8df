//! The running node, or whether one could start.

use std::net::TcpListener;

use larum_node::config::Settings;
use larum_protocol::api::{StatusAnswer, Warning, path};

use super::{
    super::{Session, status},
    Finding,
};
use crate::{client::ClientError, folder::DataFolder};

pub(super) fn look(folder: &DataFolder, session: &Session<'_, '_>) -> Vec<Finding> {
    let answer: Result<StatusAnswer, ClientError> = match session.client() {
        Ok(client) => client.get(path::STATUS),
        Err(failure) => return vec![Finding::failed(&failure)],
    };
    match answer {
        Ok(status) => of(&status),
        Err(ClientError::Unreachable(address)) => {
            let mut findings =
                vec![Finding::warning(format!("no node answers at {address}"), "start it with larum serve")];
            findings.extend(port(folder));
            findings
        }
        Err(error) => vec![Finding::bad(
            format!("the node answers, and does not say how it is: {error}"),
            "name a file with a token of the scope admin with --token-file, or look at the node's log",
        )],
    }
}

fn of(status: &StatusAnswer) -> Vec<Finding> {
    let is_fresh = status.coverage.state == larum_protocol::api::CoverageState::Fresh;
    let coverage = format!("the node runs, {}", status::coverage(&status.coverage));
    let mut findings = vec![match is_fresh {
        true => Finding::good(coverage),
        false => Finding::warning(coverage, "what it does not find it answers with unknown until it has caught up"),
    }];
    let version = env!("CARGO_PKG_VERSION");
    if status.version != version {
        let text = format!("the node is version {}, and this command is {version}", status.version);
        findings.push(Finding::warning(text, "restart the node after an upgrade"));
    }
    findings.extend(status.warnings.iter().map(warning));
    findings
}

fn warning(warning: &Warning) -> Finding {
    Finding::warning(
        format!("the node warns: {}", warning.text),
        "see What larum status warns of in the operator guide",
    )
}

/// Whether the API's port is somebody else's.
fn port(folder: &DataFolder) -> Option<Finding> {
    let address = folder.config(Settings::default()).ok()?.http_listen;
    let error = TcpListener::bind(address).err()?;
    let text = format!("the API could not listen on {address}: {error}");
    Some(Finding::bad(text, "stop what uses the port, or choose another with http_listen in larum.toml"))
}
