//! Which rules made a canonical form: the scheme version of the kinds, and what it stands for.
//!
//! Part of the rules is data in other crates: numbering plans, Unicode tables, public suffixes. An upgrade of one of
//! them changes some canonical forms, and two members on either side of it would silently stop agreeing. So the
//! versions below are part of the scheme, and a test compares them with `Cargo.lock`: who upgrades one must raise
//! [`SCHEME_VERSION`], which a roster then switches on for everybody at once.

/// The version of the canonical forms that this build computes.
pub const SCHEME_VERSION: u16 = 1;

#[cfg(test)]
mod tests {
    use super::SCHEME_VERSION;

    /// The crates whose data decides canonical forms, as of version 1 (libphonenumber metadata 9.0.42).
    const DATA: [(&str, &str); 6] = [
        ("icu_normalizer_data", "2.4.0"),
        ("icu_properties_data", "2.4.0"),
        ("idna_adapter", "1.2.2"),
        ("psl", "2.1.247"),
        ("rlibphonenumber", "2.2.15"),
        ("unicode-normalization", "0.1.26"),
    ];

    #[test]
    fn data_that_decides_canonical_forms_changes_only_with_the_scheme_version() {
        let lock = include_str!("../../../Cargo.lock").replace("\r\n", "\n");
        assert_eq!(
            SCHEME_VERSION, 1,
            "a new scheme version needs its own list of data"
        );
        for (package, version) in DATA {
            let entry = format!("name = \"{package}\"\nversion = \"{version}\"\n");
            assert!(
                lock.contains(&entry),
                "{package} is no longer {version}: raise SCHEME_VERSION with it"
            );
        }
    }
}
