//! The two signatures between Cedar's node and what stands beside it: Greenhouse's on webhooks, Standard Webhooks' on
//! callbacks.
//!
//! Sources: developers.greenhouse.io/webhooks.html ("Authentication");
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use axum::http::HeaderMap;
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How far a callback's time may be off, as Standard Webhooks advise.
const TOLERANCE_SECONDS: u64 = 5 * 60;

/// The header `Signature` of a webhook, as Greenhouse makes it: over the raw body.
pub(super) fn greenhouse(secret: &str, body: &[u8]) -> String {
    format!("sha256 {}", HEXLOWER.encode(&mac(secret.as_bytes(), &[body]).finalize().into_bytes()))
}

/// The id of a callback whose `v1` signature is right and whose time is near `now`, in seconds; `None` for any other.
pub(super) fn callback_id(secret: &[u8], headers: &HeaderMap, body: &[u8], now: u64) -> Option<String> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let (id, time) = (header("webhook-id")?, header("webhook-timestamp")?);
    if time.parse::<u64>().ok()?.abs_diff(now) > TOLERANCE_SECONDS {
        return None;
    }
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    // Several signatures may stand there; verify_slice compares in constant time.
    let fits = |signature: &str| {
        let signed = signature.strip_prefix("v1,").and_then(|text| BASE64.decode(text.as_bytes()).ok());
        signed.is_some_and(|signed| mac(secret, &parts).verify_slice(&signed).is_ok())
    };
    header("webhook-signature")?.split(' ').any(fits).then(|| id.to_owned())
}

fn mac(secret: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(secret).expect("a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// From the test of Standard Webhooks' reference libraries ("sign function works").
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIME: u64 = 1_614_265_330;
    const BODY: &[u8] = b"{\"test\": 2432232314}";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret() -> Vec<u8> {
        BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
    }

    fn headers(signature: &str) -> HeaderMap {
        let pairs = [("webhook-id", ID), ("webhook-timestamp", "1614265330"), ("webhook-signature", signature)];
        pairs.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_callback_that_the_reference_signed_is_taken() {
        for signature in [SIGNATURE.to_owned(), format!("v1a,AAAA {SIGNATURE}")] {
            assert_eq!(callback_id(&secret(), &headers(&signature), BODY, TIME + 1).as_deref(), Some(ID));
        }
    }

    #[test]
    fn a_callback_with_anything_changed_is_refused() {
        let right = headers(SIGNATURE);
        assert_eq!(callback_id(b"another secret of some bytes", &right, BODY, TIME), None);
        assert_eq!(callback_id(&secret(), &right, b"{\"test\": 2432232315}", TIME), None);
        assert_eq!(callback_id(&secret(), &right, BODY, TIME + TOLERANCE_SECONDS + 1), None);
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut without = right.clone();
            without.remove(name);
            assert_eq!(callback_id(&secret(), &without, BODY, TIME), None, "{name}");
        }
        for signature in ["", "v1,", "v1,AAAA", SIGNATURE.strip_prefix("v1,").unwrap()] {
            assert_eq!(callback_id(&secret(), &headers(signature), BODY, TIME), None, "{signature}");
        }
    }

    #[test]
    fn a_webhook_is_signed_as_rfc_4231_computes_it() {
        // Test case 2 of RFC 4231.
        let signature = greenhouse("Jefe", b"what do ya want for nothing?");
        assert_eq!(signature, "sha256 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
