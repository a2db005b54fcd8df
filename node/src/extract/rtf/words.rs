//! What control words mean for the text.

use encoding_rs::Encoding;

/// What a control word does.
pub(super) enum Word {
    Charset,
    CodePage,
    /// How many characters stand for `\u` in old readers.
    Fallback,
    Font,
    FontTable,
    /// A destination without text.
    Hidden,
    Other,
    /// Takes every formatting off.
    Plain,
    /// A destination with text, though a star says that it may be left out.
    Shown,
    Text(&'static str),
    Unicode,
    /// Hidden or deleted text, until it is switched off by a 0.
    VeiledIf,
}

pub(super) fn meaning(name: &str) -> Word {
    match name {
        "ansicpg" => Word::CodePage,
        "f" => Word::Font,
        "fcharset" => Word::Charset,
        "fonttbl" => Word::FontTable,
        "u" => Word::Unicode,
        "uc" => Word::Fallback,
        "deleted" | "v" => Word::VeiledIf,
        "plain" => Word::Plain,
        "shpinst" | "shptxt" | "upr" | "ud" => Word::Shown,
        "bkmkend" | "bkmkstart" | "colortbl" | "datafield" | "fldinst" | "filetbl" | "footnotesep" | "info"
        | "nonshppict" | "objdata" | "pict" | "revtbl" | "sn" | "stylesheet" | "sv" | "tc" | "xe" => Word::Hidden,
        "par" | "line" | "row" | "sect" | "page" | "column" => Word::Text("\n"),
        "tab" | "cell" | "nestcell" => Word::Text("\t"),
        "bullet" => Word::Text("\u{2022}"),
        "emdash" => Word::Text("\u{2014}"),
        "endash" => Word::Text("\u{2013}"),
        "ldblquote" => Word::Text("\u{201c}"),
        "lquote" => Word::Text("\u{2018}"),
        "rdblquote" => Word::Text("\u{201d}"),
        "rquote" => Word::Text("\u{2019}"),
        "emspace" | "enspace" | "qmspace" => Word::Text(" "),
        _ => Word::Other,
    }
}

/// The encoding of a Windows code page.
pub(super) fn code_page(number: i32) -> Option<&'static Encoding> {
    let label = match number {
        866 => "ibm866".to_owned(),
        874 | 1250..=1258 => format!("windows-{number}"),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        10_000 => "macintosh".to_owned(),
        65_001 => "utf-8".to_owned(),
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}

/// The encoding of a font's character set.
pub(super) fn charset(number: i32) -> Option<&'static Encoding> {
    code_page(match number {
        0 => 1252,
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}
