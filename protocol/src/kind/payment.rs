//! Accounts at payment processors: the processor, and the account by email, number, tag or phone.
//!
//! Grammar: `processor:account`, `processor account`, or the processor's own link (`paypal.me/jane`,
//! `cash.app/$jane`). Canonical: `processor:account` with the processor's first name; an email address and a phone
//! number in their own canonical form; everything else in lower case without a leading `@` or `$`.
//! A processor whose accounts are phone numbers and email addresses, or whose tags have a letter, has no bare number.
//! Kept apart: the ways in which one account can be named. Only the processor knows that a tag and an email address
//! are one account.

use std::borrow::Cow;

use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{Kind, KindError, clean, denylist, email, host, phone};

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
    Processor { name: "venmo", others: &[], links: &["venmo.com/u/", "account.venmo.com/u/", "venmo.com/"] },
    Processor { name: "webmoney", others: &[], links: &[] },
    Processor { name: "wechat", others: &["wechatpay", "wechat-pay", "weixin"], links: &[] },
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
    let form = read(input, notes)?;
    // A page's name that stands where an account should, or signs that hide a number: read again, it would be another.
    let itself = Input { value: &form.text, region: None, asset: None };
    let again = read(itself, &mut Notes::default());
    again.is_ok_and(|again| again.text == form.text).then_some(form).ok_or(KindError::PaymentAccount)
}

fn read(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let (processor, account) = match link(input.value) {
        Some(found) => {
            notes.add("the link gives the processor");
            found?
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

/// The account behind a processor's name. The longest name counts: behind `Cash App` nothing is left, while behind `cash`
/// everybody who wrote it would have the account `app`.
fn named(value: &str) -> Result<(&'static Processor, Cow<'_, str>), KindError> {
    let names = PROCESSORS.iter().flat_map(|processor| {
        std::iter::once(&processor.name).chain(processor.others).map(move |name| (processor, *name))
    });
    let known = names.filter_map(|(processor, name)| Some((processor, name, behind(value, name)?)));
    let Some((processor, _, account)) = known.max_by_key(|(_, name, _)| name.len()) else {
        let has_name = value.contains(|letter: char| letter == ':' || letter.is_whitespace());
        return Err(if has_name { KindError::PaymentProcessor } else { KindError::PaymentForm });
    };
    let has_account = account.starts_with(|letter: char| letter == ':' || letter.is_whitespace());
    if !has_account {
        return Err(KindError::PaymentForm);
    }
    let account = account.trim_start_matches(|letter: char| letter == ':' || letter.is_whitespace());
    // A link behind the name must be one of the same processor.
    match link(account) {
        Some(Ok((linked, account))) if linked.name == processor.name => Ok((processor, account)),
        Some(Err(error)) => Err(error),
        Some(_) => Err(KindError::PaymentForm),
        None => Ok((processor, Cow::Borrowed(account))),
    }
}

/// What stands behind a name, case aside and with a blank or `_` for its hyphen; `None` where the value begins otherwise.
fn behind<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let (start, rest) = value.split_at_checked(name.len())?;
    let same = start.bytes().zip(name.bytes()).all(|(written, known)| match known {
        b'-' => matches!(written, b'-' | b'_' | b' '),
        _ => written.eq_ignore_ascii_case(&known),
    });
    let ends = rest.is_empty() || rest.starts_with(|letter: char| letter == ':' || letter.is_whitespace());
    (same && ends).then_some(rest)
}

/// The account in a processor's own link; an error where the link is the processor's and names no account.
fn link(value: &str) -> Option<Result<(&'static Processor, Cow<'_, str>), KindError>> {
    let address = host::web_address(value)?;
    let host = address.host.to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    PROCESSORS.iter().find_map(|processor| {
        let account = processor.links.iter().find_map(|link| {
            let (link_host, before) = link.split_once('/')?;
            let start = (host == link_host).then(|| address.path.get(..before.len())).flatten()?;
            start.eq_ignore_ascii_case(before).then(|| &address.path[before.len()..])
        })?;
        let account = host::percent_decode(account.split('/').next().unwrap_or_default());
        let account = account.map(|account| match account {
            Cow::Owned(decoded) => Cow::Owned(clean::one_form(Kind::Payment, &decoded)),
            as_written => as_written,
        });
        let account = account.filter(|account| is_account(processor, account)).ok_or(KindError::PaymentAccount);
        Some(account.map(|account| (processor, account)))
    })
}

/// Whether the end of a processor's link is an account, and not a page that all its customers have: `cash.app/app/...` is
/// an invitation, `venmo.com/code?...` has the account elsewhere.
fn is_account(processor: &Processor, end: &str) -> bool {
    const PAGES: [&str; 14] = [
        "about", "account", "business", "careers", "code", "contact", "help", "legal", "login", "my", "pay",
        "security", "signup", "u",
    ];
    match processor.name {
        // The sign is a part of the link (https://cash.app/help/3123-cashtags).
        "cashapp" => end.starts_with(['$', '£']),
        "paypal" | "venmo" => !end.is_empty() && !PAGES.iter().any(|page| page.eq_ignore_ascii_case(end)),
        _ => !end.is_empty(),
    }
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
        let address = email::exact(Input { value: account, ..input }, notes)?;
        return denylist::refuse(Kind::Email, &address).map(|()| address);
    }
    if account.starts_with('+') || is_phone_only(processor, account) {
        let number = phone::form(Input { value: account, ..input }, notes)?.text;
        return denylist::refuse(Kind::Phone, &number).map(|()| number);
    }
    if processor.name == "pix"
        && let Some(key) = pix_number(account)
    {
        return key;
    }
    let bare = account.trim_start_matches(['@', '$', '£']);
    // Stripe's ids are the one form here in which case counts.
    let folded = if processor.name == "stripe" { bare.to_owned() } else { clean::fold_case(bare) };
    let joined: String = match folded.bytes().all(|byte| byte.is_ascii_digit() || b" -".contains(&byte)) {
        true => folded.replace([' ', '-'], ""),
        false => folded,
    };
    let is_name = joined.chars().all(|letter| letter.is_alphanumeric() || "-_.".contains(letter));
    // A cashtag has a letter (https://cash.app/help/3123-cashtags).
    let is_letterless = processor.name == "cashapp" && !joined.contains(char::is_alphabetic);
    if joined.is_empty() || !is_name || is_letterless {
        return Err(KindError::PaymentAccount);
    }
    denylist::refuse_filler(Kind::Payment, &joined)?;
    Ok(joined)
}

/// Whether an account that is no email address can only be a phone number: always at zelle and gcash, which have no other
/// names, and at cashapp where there is no letter, which every cashtag has.
fn is_phone_only(processor: &Processor, account: &str) -> bool {
    match processor.name {
        "zelle" | "gcash" => !account.is_empty(),
        "cashapp" => {
            account.contains(|letter: char| letter.is_ascii_digit())
                && !account.contains(char::is_alphabetic)
                && !account.starts_with(['$', '£'])
        }
        _ => false,
    }
}

/// A key of digits at Pix: fourteen are a company's CNPJ, eleven a person's CPF, which is never an identifier here; a
/// phone number has its plus there (Banco Central do Brasil, Manual Operacional do DICT).
fn pix_number(account: &str) -> Option<Result<String, KindError>> {
    let digits: String = account.chars().filter(|letter| !" .-/".contains(*letter)).collect();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(match digits.len() {
        14 => Ok(digits),
        11 => Err(KindError::GovernmentNumber),
        _ => Err(KindError::PaymentAccount),
    })
}
