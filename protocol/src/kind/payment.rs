//! Accounts at payment processors: the processor, and the account by email, number, tag or phone.
//!
//! Grammar: `processor:account`, `processor account`, or the processor's own link (`paypal.me/jane`,
//! `cash.app/$jane`). Canonical: `processor:account` with the processor's first name; an email address and a phone
//! number in their own canonical form; everything else in lower case without a leading `@` or `$`.
//! Kept apart: the ways in which one account can be named. Only the processor knows that a tag and an email address
//! are one account.

use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{KindError, clean, email, host, phone};

/// Each processor: its name, the other names it goes by, and the links that name an account (host and path before
/// the handle).
struct Processor {
    name: &'static str,
    others: &'static [&'static str],
    links: &'static [&'static str],
}

const PROCESSORS: [Processor; 34] = [
    Processor { name: "advcash", others: &["volet"], links: &[] },
    Processor { name: "airtm", others: &[], links: &["airtm.me/"] },
    Processor { name: "alipay", others: &[], links: &[] },
    Processor { name: "binance", others: &["binance-pay"], links: &[] },
    Processor { name: "bybit", others: &[], links: &[] },
    Processor { name: "cashapp", others: &["cash-app", "cash.app", "cash"], links: &["cash.app/", "cash.me/"] },
    Processor { name: "chipper", others: &[], links: &[] },
    Processor { name: "coinbase", others: &[], links: &[] },
    Processor { name: "deel", others: &[], links: &[] },
    Processor { name: "gcash", others: &[], links: &[] },
    Processor { name: "grey", others: &[], links: &[] },
    Processor { name: "kraken", others: &[], links: &[] },
    Processor { name: "mercury", others: &[], links: &[] },
    Processor { name: "moneygram", others: &[], links: &[] },
    Processor { name: "mpesa", others: &["m-pesa"], links: &[] },
    Processor { name: "neteller", others: &[], links: &[] },
    Processor { name: "okx", others: &[], links: &[] },
    Processor { name: "papara", others: &[], links: &[] },
    Processor { name: "payeer", others: &[], links: &[] },
    Processor { name: "payoneer", others: &[], links: &[] },
    Processor {
        name: "paypal",
        others: &["paypal.me"],
        links: &["paypal.me/", "paypal.com/paypalme/", "paypal.com/paypalme2/"],
    },
    Processor { name: "perfectmoney", others: &["perfect-money"], links: &[] },
    Processor { name: "pix", others: &[], links: &[] },
    Processor { name: "qiwi", others: &[], links: &[] },
    Processor { name: "remitly", others: &[], links: &[] },
    Processor { name: "revolut", others: &["revolut.me"], links: &["revolut.me/"] },
    Processor { name: "skrill", others: &["moneybookers"], links: &[] },
    Processor { name: "stripe", others: &[], links: &[] },
    Processor {
        name: "venmo",
        others: &[],
        links: &["venmo.com/u/", "venmo.com/code/", "account.venmo.com/u/", "venmo.com/"],
    },
    Processor { name: "webmoney", others: &[], links: &[] },
    Processor { name: "wechat", others: &["wechatpay", "weixin"], links: &[] },
    Processor {
        name: "wise",
        others: &["transferwise"],
        links: &["wise.com/pay/me/", "wise.com/invite/u/", "wise.com/p/"],
    },
    Processor { name: "xoom", others: &[], links: &[] },
    Processor { name: "zelle", others: &["zellepay"], links: &[] },
];

/// The longest account name, in bytes, as written and in its canonical form: an email address has at most 254. A-labels
/// and lower case can be longer than what was written.
const ACCOUNT_BYTES_MAX: usize = 254;

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let (processor, account) = match link(input.value) {
        Some(found) => {
            notes.add("the link gives the processor");
            found
        }
        None => named(input.value)?,
    };
    let account = account_name(processor, account.trim(), input, notes)?;
    if account.len() > ACCOUNT_BYTES_MAX {
        return Err(KindError::PaymentAccount);
    }
    let text = format!("{}:{account}", processor.name);
    notes.add_if(text != input.value, "written as processor:account");
    Ok(Form::exact(text))
}

fn named(value: &str) -> Result<(&'static Processor, &str), KindError> {
    let at = value.find(|letter: char| letter == ':' || letter.is_whitespace()).ok_or(KindError::PaymentForm)?;
    let (name, account) = value.split_at(at);
    let account = account.trim_start_matches(|letter: char| letter == ':' || letter.is_whitespace());
    let name = clean::fold_case(name).replace('_', "-");
    let known = |processor: &&Processor| processor.name == name || processor.others.contains(&name.as_str());
    let processor = PROCESSORS.iter().find(known).ok_or(KindError::PaymentProcessor)?;
    // A link behind the name must be one of the same processor.
    match link(account) {
        Some((linked, account)) if linked.name == processor.name => Ok((processor, account)),
        Some(_) => Err(KindError::PaymentForm),
        None => Ok((processor, account)),
    }
}

/// The account in a processor's own link.
fn link(value: &str) -> Option<(&'static Processor, &str)> {
    let address = host::web_address(value)?;
    let host = address.host.to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    PROCESSORS.iter().find_map(|processor| {
        let account = processor.links.iter().find_map(|link| {
            let (link_host, before) = link.split_once('/')?;
            let start = (host == link_host).then(|| address.path.get(..before.len())).flatten()?;
            start.eq_ignore_ascii_case(before).then(|| &address.path[before.len()..])
        })?;
        let account = account.split('/').next().unwrap_or_default();
        (!account.is_empty()).then_some((processor, account))
    })
}

fn account_name(
    processor: &Processor,
    account: &str,
    input: Input<'_>,
    notes: &mut Notes,
) -> Result<String, KindError> {
    if account.len() > ACCOUNT_BYTES_MAX {
        return Err(KindError::PaymentAccount);
    }
    if account.strip_prefix('@').unwrap_or(account).contains('@') {
        return email::form(Input { value: account, ..input }, notes).map(|form| form.text);
    }
    if account.starts_with('+') {
        return phone::form(Input { value: account, ..input }, notes).map(|form| form.text);
    }
    if processor.name == "zelle" && !account.is_empty() {
        // Zelle knows phone numbers and email addresses only.
        return phone::form(Input { value: account, ..input }, notes).map(|form| form.text);
    }
    let bare = account.trim_start_matches(['@', '$', '£']);
    // Stripe's ids are the one form here in which case counts.
    let folded = if processor.name == "stripe" { bare.to_owned() } else { clean::fold_case(bare) };
    let joined: String = match folded.bytes().all(|byte| byte.is_ascii_digit() || b" -".contains(&byte)) {
        true => folded.replace([' ', '-'], ""),
        false => folded,
    };
    let is_name = joined.chars().all(|letter| letter.is_alphanumeric() || "-_.".contains(letter));
    if joined.is_empty() || !is_name { Err(KindError::PaymentAccount) } else { Ok(joined) }
}
