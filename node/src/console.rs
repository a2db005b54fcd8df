//! The console: pages that the node serves to the people of its own employer.
//!
//! Here is what pages look like and who is signed in; `http/console.rs` answers requests with them. Pages are plain HTML
//! from typed templates (maud escapes whatever is put into them), with one style sheet and one small script that nothing
//! depends on.
//! Invariant: whatever a member, an applicant or an applicant tracking system calls itself shows as text.
//! Invariant: identifiers are masked until somebody asks; reasons and roles are sentences, not codes.
//! Invariant (I9): no page rejects anybody; whatever shows a report shows the disputes beside it.
//! Absent on purpose: anything that the API does not do, but verifying receipts, which needs no node; and anything from
//! another origin.

pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod entered;
pub(crate) mod layout;
pub(crate) mod network;
pub(crate) mod receipts;
pub(crate) mod results;
pub(crate) mod reviews;
pub(crate) mod session;
pub(crate) mod statements;
pub(crate) mod tokens;
pub(crate) mod words;

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("console/assets/console.css");
/// The script.
pub(crate) const SCRIPT: &str = include_str!("console/assets/console.js");

/// The picture in a browser's tab.
pub(crate) const ICON: &str = include_str!("console/assets/icon.svg");

/// Where each page lives.
pub(crate) mod place {
    pub(crate) const HOME: &str = "/";
    pub(crate) const SIGN_IN: &str = "/sign-in";
    pub(crate) const SIGN_OUT: &str = "/sign-out";
    pub(crate) const CHECK: &str = "/check";
    pub(crate) const REVIEWS: &str = "/reviews";
    pub(crate) const REVIEW: &str = "/reviews/{id}";
    pub(crate) const REVIEW_IDENTIFIERS: &str = "/reviews/{id}/identifiers";
    pub(crate) const REVIEW_DISPUTE: &str = "/reviews/{id}/dispute";
    pub(crate) const REVIEW_REOPEN: &str = "/reviews/{id}/reopen";
    pub(crate) const ALERTS: &str = "/alerts";
    pub(crate) const ALERT_ACKNOWLEDGE: &str = "/alerts/acknowledge";
    pub(crate) const ALERT_END: &str = "/alerts/end-watch";
    pub(crate) const STATEMENTS: &str = "/statements";
    pub(crate) const CONFIRM: &str = "/statements/confirm";
    pub(crate) const NETWORK: &str = "/network";
    pub(crate) const AUDIT: &str = "/audit";
    pub(crate) const AUDIT_VERIFY: &str = "/audit/verify";
    pub(crate) const RECEIPTS: &str = "/receipts";
    pub(crate) const TOKENS: &str = "/tokens";
    pub(crate) const TOKEN_REVOKE: &str = "/tokens/revoke";
    pub(crate) const STYLE: &str = "/assets/console.css";
    pub(crate) const SCRIPT: &str = "/assets/console.js";
    pub(crate) const ICON: &str = "/assets/icon.svg";

    /// Every page, for counting requests by it.
    pub(crate) const ALL: [&str; 19] = [
        HOME,
        SIGN_IN,
        SIGN_OUT,
        CHECK,
        REVIEWS,
        ALERTS,
        ALERT_ACKNOWLEDGE,
        ALERT_END,
        STATEMENTS,
        CONFIRM,
        NETWORK,
        AUDIT,
        AUDIT_VERIFY,
        RECEIPTS,
        TOKENS,
        TOKEN_REVOKE,
        STYLE,
        SCRIPT,
        ICON,
    ];
}
