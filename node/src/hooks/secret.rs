//! What vendors sign with, and how a signature is compared.
//!
//! A file holds one secret a line, so that the new one can be added before the old one goes (rotation); some vendors give
//! each event a secret of its own. Lines that begin with `#` are comments.
//! Invariant: every secret is tried whatever the others said, and each comparison takes constant time, so that the time of
//! a refusal tells nothing.

use std::{fmt, fs, io::Read as _, path::Path};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

/// Secrets in one file: SmartRecruiters lets 16 be valid at once, Lever gives one for each event.
const SECRETS_MAX: usize = 16;
/// Bytes of the file: the most secrets, and a comment for each.
const FILE_BYTES_MAX: u64 = 16 * 1_024;
/// Bytes of a secret: anything shorter can be guessed from one delivery.
const SECRET_BYTES_MIN: usize = 8;

/// Why there are no secrets.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Not what it should hold.
    #[error("{0}")]
    Wrong(&'static str),
}

/// The secrets of one hook, the current and the previous ones.
#[derive(Clone)]
pub(crate) struct Secrets(Vec<Zeroizing<Vec<u8>>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("count", &self.0.len()).finish()
    }
}

/// The lines of a file that holds secrets, without comments.
pub(crate) fn lines(path: &Path, count_max: usize) -> Result<Vec<Zeroizing<String>>, SecretError> {
    let mut text = Zeroizing::new(String::new());
    fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(SecretError::Wrong("the file is larger than 16 KiB: it should hold one secret a line"));
    }
    let written = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<_> = written.map(|line| Zeroizing::new(line.to_owned())).collect();
    match lines.len() {
        0 => Err(SecretError::Wrong("the file holds no secret: write one on a line of its own")),
        count if count > count_max => Err(SecretError::Wrong("the file holds too many lines: remove the old ones")),
        _ => Ok(lines),
    }
}

impl Secrets {
    /// Reads a file of secrets, each by `decode`: `None` refuses a line.
    pub(crate) fn read(path: &Path, decode: fn(&str) -> Option<Vec<u8>>) -> Result<Self, SecretError> {
        Self::of(lines(path, SECRETS_MAX)?.iter().map(|line| line.as_str()), decode)
    }

    /// The same from lines.
    pub(crate) fn of<'a>(
        lines: impl Iterator<Item = &'a str>,
        decode: fn(&str) -> Option<Vec<u8>>,
    ) -> Result<Self, SecretError> {
        let decoded = |line: &str| decode(line).filter(|secret| secret.len() >= SECRET_BYTES_MIN).map(Zeroizing::new);
        let wrong = SecretError::Wrong("a line is no secret of this vendor's: copy it whole, at least 8 signs");
        lines.map(decoded).collect::<Option<Vec<_>>>().map(Self).ok_or(wrong)
    }

    /// Whether one of `sent` is the HMAC-SHA-256 (RFC 2104, FIPS 180-4) of `parts` under one of the secrets.
    pub(crate) fn signed(&self, parts: &[&[u8]], sent: &[[u8; 32]]) -> bool {
        let mut found = Choice::from(0);
        for secret in &self.0 {
            let made = hmac(secret, parts);
            sent.iter().for_each(|sent| found |= made.ct_eq(sent));
        }
        found.into()
    }
}

/// HMAC-SHA-256 over parts that follow each other.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// 64 hexadecimal digits of either case.
pub(crate) fn hex(text: &str) -> Option<[u8; 32]> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// Base64 of 32 bytes (RFC 4648), in either alphabet, padded or not.
pub(crate) fn base64(text: &str) -> Option<[u8; 32]> {
    let plain: String = text.trim_end_matches('=').chars().map(url_safe).collect();
    data_encoding::BASE64URL_NOPAD.decode(plain.as_bytes()).ok()?.try_into().ok()
}

const fn url_safe(letter: char) -> char {
    match letter {
        '+' => '-',
        '/' => '_',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn plain(line: &str) -> Option<Vec<u8>> {
        Some(line.as_bytes().to_vec())
    }

    #[test]
    fn hmac_is_the_one_of_rfc_4231() {
        // Test case 2.
        let made = hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(Some(made), hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    }

    #[test]
    fn each_of_several_secrets_opens_and_no_other_does() {
        let secrets = Secrets::of(["first-secret", "second-secret"].into_iter(), plain).unwrap();
        for (secret, opens) in [("first-secret", true), ("second-secret", true), ("third-secret", false)] {
            assert_eq!(secrets.signed(&[b"body"], &[[0; 32], hmac(secret.as_bytes(), &[b"body"])]), opens);
        }
        assert!(!secrets.signed(&[b"body"], &[]));
    }

    #[test]
    fn a_file_is_read_without_comments_and_a_wrong_one_says_what_is_wrong() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read = |text: &str| {
            fs::write(file.path(), text).unwrap();
            Secrets::read(file.path(), plain).map(|secrets| secrets.0.len()).map_err(|error| error.to_string())
        };
        assert_eq!(read("# current\nfirst-secret\n\n# until Friday\r\nsecond-secret\r\n"), Ok(2));
        assert!(read("# nothing\n").unwrap_err().contains("holds no secret"));
        assert!(read("short\n").unwrap_err().contains("at least 8"));
        assert!(read(&"long-enough\n".repeat(SECRETS_MAX + 1)).unwrap_err().contains("too many"));
        assert!(read(&"x".repeat(20_000)).unwrap_err().contains("16 KiB"));
        assert!(Secrets::read(Path::new("/nonexistent"), plain).is_err());
    }

    #[test]
    fn base64_is_read_in_both_alphabets() {
        let bytes = [0xfb; 32];
        for text in [
            data_encoding::BASE64.encode(&bytes),
            data_encoding::BASE64URL.encode(&bytes),
            data_encoding::BASE64URL_NOPAD.encode(&bytes),
        ] {
            assert_eq!(base64(&text), Some(bytes), "{text}");
        }
        assert_eq!(base64("AAAA"), None);
    }
}
