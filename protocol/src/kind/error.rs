//! Every way in which a value can fail to be an identifier: one variant each, with what to do about it.
//!
//! Invariant: no message holds the value, nor anything taken from it.

use thiserror::Error;

/// Why a value has no canonical form.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum KindError {
    // Every kind.
    /// Nothing is left once blanks and invisible characters are gone.
    #[error("the value is empty")]
    Empty,
    /// Longer than any value of its kind.
    #[error("the value is longer than {limit} bytes; give one identifier in each field")]
    TooLong {
        /// The kind's limit, in bytes.
        limit: usize,
    },
    /// A NUL or another control character.
    #[error("the value holds control characters; give it as plain text")]
    ControlCharacter,
    /// What people type to get past a form, or what whole crowds share.
    #[error("the value is a placeholder or shared by many people, so it names nobody; leave it out")]
    Placeholder,
    /// A country that ISO 3166 does not have.
    #[error("no such country; use a two-letter code of ISO 3166, for example US")]
    CountryUnknown,

    // Email.
    /// No at-sign.
    #[error("an email address needs one @")]
    EmailNoAt,
    /// Two at-signs, or two addresses.
    #[error("an email address has one @; give one address in each field")]
    EmailTwoAts,
    /// A part before the at-sign that no mailbox has.
    #[error("the part before the @ is not the name of a mailbox")]
    EmailLocalPart,
    /// A part after the at-sign that is not a domain.
    #[error("the part after the @ is not a domain")]
    EmailDomain,

    // Phone.
    /// Characters that no telephone number has.
    #[error("a phone number has digits, and + ( ) - . / and blanks between them; remove the rest")]
    PhoneCharacters,
    /// No country, neither in the number nor beside it.
    #[error("a phone number without + needs its country as a region, for example US")]
    PhoneNeedsRegion,
    /// Not shaped like a number.
    #[error("this is not a phone number")]
    PhoneNotANumber,
    /// Shaped like a number, but the country's numbering plan does not have it.
    #[error("the country's numbering plan does not have this phone number; check its digits and its region")]
    PhoneInvalid,

    // Profile.
    /// A handle without its platform.
    #[error("name the platform: its address, or platform:handle, for example github:octocat")]
    ProfileNoPlatform,
    /// A platform that is not in the table.
    #[error("this platform has no rule; give a site of somebody's own as kind domain")]
    ProfileUnknownPlatform,
    /// A host made to look like a platform's.
    #[error("this host only looks like a platform's own; give it as kind domain")]
    ProfileLookalike,
    /// A page of the platform's own, or of something that is not an account.
    #[error("this page is not an account's; give the address of the profile itself")]
    ProfileReserved,
    /// A handle that the platform would not give out.
    #[error("the platform has no handles like this one")]
    ProfileHandle,

    // Domain.
    /// Not a domain name.
    #[error("this is not a domain name")]
    DomainInvalid,
    /// An IP address in its place.
    #[error("this is an IP address; use kind ip")]
    DomainIsIp,
    /// A suffix under which everybody registers.
    #[error("everybody registers names under this suffix; give the name below it")]
    DomainIsSuffix,

    // Address.
    /// No country, neither in the address nor beside it.
    #[error("a postal address needs its country, as its last line or as a region, for example US")]
    AddressNeedsCountry,
    /// No postal code where the country's addresses have one.
    #[error("a postal address in this country needs its postal code")]
    AddressNeedsPostcode,
    /// No house number and no box.
    #[error("a postal address needs a house number or a PO box")]
    AddressNeedsNumber,
    /// Street and town cannot be told apart.
    #[error("part the street from the town with a comma or a line end")]
    AddressNeedsCommas,

    // Wallet.
    /// No chain has addresses of this form.
    #[error("no supported chain has wallet addresses of this form")]
    WalletForm,
    /// The form of a chain, and a checksum that does not fit.
    #[error("the checksum of this wallet address does not fit; a character is wrong")]
    WalletChecksum,
    /// An address of a test network.
    #[error("this wallet address belongs to a test network")]
    WalletTestnet,
    /// A chain prefix that is not in the table.
    #[error("no rule for this chain")]
    WalletChainUnknown,
    /// An asset that is not in the table.
    #[error("no rule for this asset; leave it out to go by the form of the address")]
    AssetUnknown,
    /// An address of another chain than its asset's.
    #[error("this is not the address of a wallet that can hold {asset}")]
    AssetMismatch {
        /// The asset, as the table of assets names it.
        asset: &'static str,
    },

    // Bank.
    /// Neither an IBAN nor country, routing number and account.
    #[error("give an IBAN, or country:routing:account, for example US:021000021:12345678")]
    BankForm,
    /// A country without IBANs in that position.
    #[error("the country at the start of this IBAN has none; give country:routing:account")]
    IbanCountry,
    /// Not the length or the make-up of the country's IBANs.
    #[error("the country's IBANs have another length or another order of letters and digits")]
    IbanShape,
    /// Check digits that do not fit.
    #[error("the check digits of this IBAN do not fit; a character is wrong")]
    IbanChecksum,
    /// A routing number that the country does not have.
    #[error("this is not a routing number of that country; check its digits")]
    BankRouting,
    /// An account number that the country does not have.
    #[error("this is not an account number of that country")]
    BankAccount,

    // Payment.
    /// Not processor and account.
    #[error("give processor:account, for example paypal:jane.doe@example.com")]
    PaymentForm,
    /// A processor that is not in the table.
    #[error("no rule for this payment processor")]
    PaymentProcessor,
    /// An account that the processor would not give out.
    #[error("the processor has no accounts like this one")]
    PaymentAccount,

    // Company.
    /// Not country, number and name.
    #[error("give country:number:name, for example US-DE:1234567:Example Trading LLC")]
    CompanyForm,
    /// Neither a number nor a name.
    #[error("a company needs its registration number or its registered name")]
    CompanyNameless,

    // Document.
    /// Not type, country and number.
    #[error("give type:country:number, for example passport:US:X1234567")]
    DocumentForm,
    /// A type that is not in the table.
    #[error(
        "no rule for this type of document; use passport, id-card, driver-licence, residence-permit, visa, work-permit, birth-certificate, diploma, certificate or bill"
    )]
    DocumentType,
    /// A number that a government gives a person for life.
    #[error("numbers that a government gives a person are never an identifier here")]
    GovernmentNumber,
    /// A number that no document has.
    #[error("a document number has letters and digits, at least four of them")]
    DocumentNumber,

    // IP.
    /// Not an address.
    #[error("this is not an IP address")]
    IpInvalid,
    /// A whole network.
    #[error("this is a network; give one address")]
    IpNetwork,
    /// Private, local or reserved.
    #[error("this IP address is private, local or reserved: it names nobody outside its own network")]
    IpNotGlobal,

    // Device.
    /// Not type and serial.
    #[error("give type:serial, for example laptop:PF2ABCDE, or rmm:tool:peer")]
    DeviceForm,
    /// A type that is not in the table.
    #[error("no rule for this type of device; use laptop, kvm, usb, edid or rmm")]
    DeviceType,
    /// A remote-control tool that is not in the table.
    #[error("no rule for this remote-control tool")]
    DeviceTool,
    /// A number that is not of one device.
    #[error("this serial or peer id does not tell one device from another")]
    DeviceSerial,

    // Resume.
    /// Not enough words.
    #[error("this text is too short to tell one resume from another")]
    ResumeTooShort,
}

/// A word that names no kind.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error(
    "no such kind; use email, phone, profile, domain, address, wallet, bank, payment, company, document, ip, device \
     or resume"
)]
pub struct UnknownKind;
