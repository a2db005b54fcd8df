//! Numbers that a country gives a person for life, by their form: on many identity cards they are the only number.
//!
//! A form with letters or check digits of its own is known on any document; one of digits alone only on an identity card,
//! because bills and diplomas have such numbers too. Check digits are not asked of the latter: a mistyped number is still
//! somebody's. Most of the makes are in `python-stdnum` too, whose valid numbers are the vectors.

/// Whether a serial in upper-case letters and digits is a person's, said to stand on this type of document.
pub(super) fn is_personal(kind: &str, country: &str, serial: &str) -> bool {
    let has = |make: &str| fits(serial, make);
    match country {
        "ES" => is_spanish(serial),
        "GB" => has("aa999999a") && serial.ends_with(['A', 'B', 'C', 'D']),
        "IN" if has("aaaaa9999a") => true,
        "IT" => has("aaaaaa99a99a999a"),
        "MX" => has("aaaa999999aaaaaac9"),
        _ => kind == "id-card" && ON_CARDS.iter().any(|(of, make)| *of == country && has(make)),
    }
}

/// What stands on the identity cards of countries: `a` a letter, `9` a digit, `c` either.
const ON_CARDS: [(&str, &str); 55] = [
    ("AE", "999999999999999"),
    ("AR", "9999999"),
    ("AR", "99999999"),
    ("BA", "9999999999999"),
    ("BE", "99999999999"),
    ("BG", "9999999999"),
    ("BR", "99999999999"),
    ("CL", "99999999c"),
    ("CL", "9999999c"),
    ("CN", "99999999999999999c"),
    ("CZ", "9999999999"),
    ("DK", "9999999999"),
    ("DO", "99999999999"),
    ("EC", "9999999999"),
    ("EE", "99999999999"),
    ("EG", "99999999999999"),
    ("FI", "999999999c"),
    ("FI", "999999a999c"),
    ("HK", "a999999c"),
    ("HK", "aa999999c"),
    ("HR", "99999999999"),
    ("ID", "9999999999999999"),
    ("IL", "999999999"),
    ("IN", "999999999999"),
    ("IS", "9999999999"),
    ("JP", "999999999999"),
    ("KR", "9999999999999"),
    ("KW", "999999999999"),
    ("KZ", "999999999999"),
    ("LK", "999999999999"),
    ("LK", "999999999a"),
    ("LT", "99999999999"),
    ("LV", "99999999999"),
    ("ME", "9999999999999"),
    ("MK", "9999999999999"),
    ("MY", "999999999999"),
    ("NG", "99999999999"),
    ("NL", "999999999"),
    ("NO", "99999999999"),
    ("PE", "99999999"),
    ("PK", "9999999999999"),
    ("PL", "99999999999"),
    ("RO", "9999999999999"),
    ("RS", "9999999999999"),
    ("SA", "9999999999"),
    ("SE", "9999999999"),
    ("SE", "999999999999"),
    ("SG", "a9999999a"),
    ("SI", "9999999999999"),
    ("SK", "9999999999"),
    ("TH", "9999999999999"),
    ("TR", "99999999999"),
    ("TW", "ac99999999"),
    ("VN", "999999999999"),
    ("ZA", "9999999999999"),
];

fn fits(serial: &str, make: &str) -> bool {
    let is_of = |(letter, class): (u8, u8)| match class {
        b'9' => letter.is_ascii_digit(),
        b'a' => letter.is_ascii_uppercase(),
        _ => true,
    };
    serial.len() == make.len() && serial.bytes().zip(make.bytes()).all(is_of)
}

/// Eight digits and the letter that follows from them (DNI), the first digit an X, Y or Z for foreigners (NIE): Real
/// Decreto 1553/2005, 11. The licence to drive has the same number.
fn is_spanish(serial: &str) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let Some((number, letter)) = serial.split_at_checked(8) else {
        return false;
    };
    let digits = match number.split_at(1) {
        ("X", rest) => format!("0{rest}"),
        ("Y", rest) => format!("1{rest}"),
        ("Z", rest) => format!("2{rest}"),
        _ => number.to_owned(),
    };
    let known = digits.parse::<usize>().map(|number| char::from(LETTERS[number % 23]));
    fits(&digits, "99999999") && known.is_ok_and(|known| letter == known.to_string())
}
