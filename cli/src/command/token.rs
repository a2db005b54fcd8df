//! `larum token`: who may use this node's API, and for what.

use larum_protocol::api::{NewToken, Scope, TokenInfo, TokenList, TokenRequest, path};

use super::Session;
use crate::{
    Status,
    args::{NewTokenArgs, RevokeArgs, TokenCommand},
    error::Failure,
    files,
    output::{Table, plain},
};

pub(crate) fn run(command: TokenCommand, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    match command {
        TokenCommand::Create(args) => create(args, session),
        TokenCommand::List => list(session),
        TokenCommand::Revoke(args) => revoke(&args, session),
    }
}

fn create(args: NewTokenArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    if args.out.as_ref().is_some_and(|path| path.exists()) {
        return Err(Failure::new("the file for the token exists already and is not overwritten"));
    }
    let request = TokenRequest { name: args.name, scopes: args.scope, expires_days: args.expires_days };
    let made: NewToken = session.client()?.post(path::TOKENS, &request)?;
    let Some(out) = args.out else {
        session.console.note("this is the only time that the token is shown; only its hash is kept");
        return session.show(&made, |made| made.token.clone());
    };
    files::write_private(&out, format!("{}\n", made.token).as_bytes())?;
    session.show(&made.info, |info| format!("token {} written to {}", info.id, out.display()))
}

fn list(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let list: TokenList = session.client()?.get(path::TOKENS)?;
    session.show(&list, |list| {
        let mut table = Table::new(["id", "name", "scopes", "created", "expires"]);
        list.tokens.iter().for_each(|token| table.row(row(token)));
        table.render()
    })
}

fn row(token: &TokenInfo) -> [String; 5] {
    let day = |time: &str| time.get(..10).unwrap_or(time).to_owned();
    let scopes = token.scopes.iter().map(|scope| Scope::name(*scope)).collect::<Vec<_>>().join(",");
    [token.id.clone(), token.name.clone(), scopes, day(&token.created), day(&token.expires)]
}

fn revoke(args: &RevokeArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    // The id becomes part of a path.
    if args.id.is_empty() || !args.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(Failure::new("that is no token id").hint("larum token list shows the ids"));
    }
    session.client()?.delete(&path::TOKEN.replace("{id}", &args.id))?;
    session.show(&serde_json::json!({ "revoked": args.id }), |_| format!("revoked {}", plain(&args.id)))
}
