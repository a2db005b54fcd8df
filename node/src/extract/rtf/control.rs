//! RTF as bytes: groups, control words, control symbols, letters.

/// Letters of a control word; more is damage, and the rest is text then.
const NAME_BYTES_MAX: usize = 32;
/// Digits of a number: what fits into 32 bits.
const DIGITS_MAX: usize = 10;

/// One thing that stands in RTF.
pub(super) enum Control<'a> {
    Open,
    Close,
    /// What follows may be left out by readers that do not know it.
    Star,
    /// A byte of a letter.
    Byte(u8),
    /// A symbol that stands for a letter.
    Sign(char),
    Word(&'a str, Option<i32>),
}

pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) const fn new(document: &'a [u8]) -> Self {
        Self(document)
    }

    pub(super) fn next(&mut self) -> Option<Control<'a>> {
        loop {
            match self.byte()? {
                b'{' => return Some(Control::Open),
                b'}' => return Some(Control::Close),
                b'\r' | b'\n' | 0 => {}
                b'\t' => return Some(Control::Sign('\t')),
                b'\\' => {
                    if let Some(control) = self.escaped()? {
                        return Some(control);
                    }
                }
                byte => return Some(Control::Byte(byte)),
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// What a backslash begins; nothing where it stands for nothing.
    fn escaped(&mut self) -> Option<Option<Control<'a>>> {
        if self.0.first()?.is_ascii_alphabetic() {
            return Some(self.word());
        }
        Some(match self.byte()? {
            letter @ (b'\\' | b'{' | b'}') => Some(Control::Byte(letter)),
            b'\'' => self.hex().map(Control::Byte),
            b'*' => Some(Control::Star),
            b'~' => Some(Control::Sign(' ')),
            b'_' => Some(Control::Sign('-')),
            b'\r' | b'\n' => Some(Control::Word("par", None)),
            b'\t' => Some(Control::Sign('\t')),
            _ => None,
        })
    }

    fn hex(&mut self) -> Option<u8> {
        let digits = std::str::from_utf8(self.0.get(..2)?).ok()?;
        let byte = u8::from_str_radix(digits, 16).ok()?;
        self.0 = &self.0[2..];
        Some(byte)
    }

    fn word(&mut self) -> Option<Control<'a>> {
        let name = self.run(NAME_BYTES_MAX, u8::is_ascii_alphabetic);
        let is_negative = self.0.first() == Some(&b'-') && self.0.get(1).is_some_and(u8::is_ascii_digit);
        if is_negative {
            self.0 = &self.0[1..];
        }
        let digits = self.run(DIGITS_MAX, u8::is_ascii_digit);
        let number = digits.parse::<i32>().ok().map(|number| if is_negative { -number } else { number });
        if self.0.first() == Some(&b' ') {
            self.0 = &self.0[1..];
        }
        if name == "bin" {
            // So many raw bytes follow, which may look like anything.
            let length = number.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
            self.0 = self.0.get(length..).unwrap_or_default();
            return None;
        }
        Some(Control::Word(name, number))
    }

    fn run(&mut self, most: usize, is_in: impl Fn(&u8) -> bool) -> &'a str {
        let length = self.0.iter().take(most).take_while(|byte| is_in(byte)).count();
        let (run, rest) = self.0.split_at(length);
        self.0 = rest;
        std::str::from_utf8(run).unwrap_or_default() // ASCII, by what is asked of each byte
    }
}
