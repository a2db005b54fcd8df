//! The words of addresses and the short form of each.
//!
//! Street suffixes, directions and units: USPS Publication 28, appendices B, C1 and C2
//! (https://pe.usps.com/text/pub28/); the words of other English-speaking countries and of German, French, Spanish,
//! Italian and Dutch streets added.

/// The short form of a street suffix, long or short.
pub(super) fn suffix(word: &str) -> Option<&'static str> {
    find(SUFFIXES, word)
}

/// The short form of a direction, long or short.
pub(super) fn direction(word: &str) -> Option<&'static str> {
    find(DIRECTIONS, word)
}

/// The short form of a word that a unit's number follows: `#` for those that are delivered alike.
pub(super) fn unit(word: &str) -> Option<&'static str> {
    find(UNITS, word)
}

/// The number for an ordinal in words, as far as streets are named so.
pub(super) fn ordinal(word: &str) -> Option<&'static str> {
    find(ORDINALS, word)
}

/// The figure for a house number in words.
pub(super) fn number(word: &str) -> Option<&'static str> {
    find(NUMBERS, word)
}

/// The two letters of a state or territory of the United States, from them or from its name.
pub(super) fn state(words: &[String]) -> Option<&'static str> {
    let name = words.join(" ");
    STATES.iter().find(|(code, long, _)| *code == name || *long == name).map(|(code, ..)| *code)
}

/// Whether ZIP codes of a state begin with this digit.
pub(super) fn zip_is_in_state(state: &str, zip: &str) -> bool {
    let digits = STATES.iter().find(|(code, ..)| *code == state).map_or("", |(.., digits)| *digits);
    zip.chars().next().is_some_and(|first| digits.contains(first))
}

fn find(table: &'static [(&'static str, &'static str)], word: &str) -> Option<&'static str> {
    let row = table.iter().find(|(short, others)| *short == word || others.split(' ').any(|other| other == word));
    row.map(|(short, _)| *short)
}

const DIRECTIONS: &[(&str, &str)] = &[
    ("N", "NORTH"),
    ("E", "EAST"),
    ("S", "SOUTH"),
    ("W", "WEST"),
    ("NE", "NORTHEAST"),
    ("NW", "NORTHWEST"),
    ("SE", "SOUTHEAST"),
    ("SW", "SOUTHWEST"),
];

/// Appendix C2, and `FLAT`; those that say no more than which door share `#`.
const UNITS: &[(&str, &str)] = &[
    ("#", "APT APARTMENT UNIT STE SUITE NO NUMBER FLAT OFC OFFICE RM ROOM APPT APP APPARTEMENT"),
    ("BLDG", "BUILDING BLD"),
    ("BSMT", "BASEMENT"),
    ("DEPT", "DEPARTMENT"),
    ("FL", "FLOOR FLR LEVEL LVL"),
    ("FRNT", "FRONT"),
    ("HNGR", "HANGAR HANGER"),
    ("KEY", ""),
    ("LBBY", "LOBBY"),
    ("LOT", ""),
    ("LOWR", "LOWER"),
    ("PH", "PENTHOUSE"),
    ("PIER", ""),
    ("PMB", ""),
    ("REAR", ""),
    ("SIDE", ""),
    ("SLIP", ""),
    ("SPC", "SPACE"),
    ("STOP", ""),
    ("TRLR", "TRAILER"),
    ("UPPR", "UPPER"),
    ("WING", ""),
];

const ORDINALS: &[(&str, &str)] = &[
    ("1ST", "FIRST"),
    ("2ND", "SECOND"),
    ("3RD", "THIRD"),
    ("4TH", "FOURTH"),
    ("5TH", "FIFTH"),
    ("6TH", "SIXTH"),
    ("7TH", "SEVENTH"),
    ("8TH", "EIGHTH"),
    ("9TH", "NINTH"),
    ("10TH", "TENTH"),
    ("11TH", "ELEVENTH"),
    ("12TH", "TWELFTH"),
    ("13TH", "THIRTEENTH"),
    ("14TH", "FOURTEENTH"),
    ("15TH", "FIFTEENTH"),
    ("16TH", "SIXTEENTH"),
    ("17TH", "SEVENTEENTH"),
    ("18TH", "EIGHTEENTH"),
    ("19TH", "NINETEENTH"),
    ("20TH", "TWENTIETH"),
];

const NUMBERS: &[(&str, &str)] = &[
    ("1", "ONE"),
    ("2", "TWO"),
    ("3", "THREE"),
    ("4", "FOUR"),
    ("5", "FIVE"),
    ("6", "SIX"),
    ("7", "SEVEN"),
    ("8", "EIGHT"),
    ("9", "NINE"),
    ("10", "TEN"),
];

/// Appendix C1: the primary abbreviation, then the name and the other spellings in use.
const SUFFIXES: &[(&str, &str)] = &[
    ("ALY", "ALLEY ALLEE ALLY"),
    ("ANX", "ANNEX ANEX ANNX"),
    ("ARC", "ARCADE"),
    ("AVE", "AVENUE AV AVEN AVENU AVN AVNUE"),
    ("BYU", "BAYOU BAYOO"),
    ("BCH", "BEACH"),
    ("BND", "BEND"),
    ("BLF", "BLUFF BLUF"),
    ("BLFS", "BLUFFS"),
    ("BTM", "BOTTOM BOT BOTTM"),
    ("BLVD", "BOULEVARD BOUL BOULV"),
    ("BR", "BRANCH BRNCH"),
    ("BRG", "BRIDGE BRDGE"),
    ("BRK", "BROOK"),
    ("BRKS", "BROOKS"),
    ("BG", "BURG"),
    ("BGS", "BURGS"),
    ("BYP", "BYPASS BYPA BYPAS BYPS"),
    ("CP", "CAMP CMP"),
    ("CYN", "CANYON CANYN CNYN"),
    ("CPE", "CAPE"),
    ("CSWY", "CAUSEWAY CAUSWA CAUSWAY"),
    ("CTR", "CENTER CEN CENT CENTR CENTRE CNTER CNTR"),
    ("CTRS", "CENTERS"),
    ("CIR", "CIRCLE CIRC CIRCL CRCL CRCLE"),
    ("CIRS", "CIRCLES"),
    ("CLF", "CLIFF"),
    ("CLFS", "CLIFFS"),
    ("CLB", "CLUB"),
    ("CMN", "COMMON"),
    ("CMNS", "COMMONS"),
    ("COR", "CORNER"),
    ("CORS", "CORNERS"),
    ("CRSE", "COURSE"),
    ("CT", "COURT CRT"),
    ("CTS", "COURTS"),
    ("CV", "COVE"),
    ("CVS", "COVES"),
    ("CRK", "CREEK CK"),
    ("CRES", "CRESCENT CRSENT CRSNT CRECENT CRESENT CRSCNT"),
    ("CRST", "CREST"),
    ("XING", "CROSSING CRSSNG CRSSING"),
    ("XRD", "CROSSROAD"),
    ("XRDS", "CROSSROADS"),
    ("CURV", "CURVE"),
    ("DL", "DALE"),
    ("DM", "DAM"),
    ("DV", "DIVIDE DIV DVD"),
    ("DR", "DRIVE DRIV DRV"),
    ("DRS", "DRIVES"),
    ("EST", "ESTATE"),
    ("ESTS", "ESTATES"),
    ("EXPY", "EXPRESSWAY EXP EXPR EXPRESS EXPW"),
    ("EXT", "EXTENSION EXTN EXTNSN"),
    ("EXTS", "EXTENSIONS"),
    ("FALL", ""),
    ("FLS", "FALLS"),
    ("FRY", "FERRY FRRY"),
    ("FLD", "FIELD"),
    ("FLDS", "FIELDS"),
    ("FLTS", "FLATS"),
    ("FRD", "FORD"),
    ("FRST", "FOREST FORESTS"),
    ("FRG", "FORGE FORG"),
    ("FRK", "FORK"),
    ("FRKS", "FORKS"),
    ("FT", "FORT FRT"),
    ("FWY", "FREEWAY FREEWY FRWAY FRWY"),
    ("GDN", "GARDEN GARDN GRDEN GRDN"),
    ("GDNS", "GARDENS GRDNS"),
    ("GTWY", "GATEWAY GATEWY GATWAY GTWAY"),
    ("GLN", "GLEN"),
    ("GRN", "GREEN"),
    ("GRV", "GROVE GROV"),
    ("HBR", "HARBOR HARB HARBR HRBOR HARBOUR"),
    ("HVN", "HAVEN HAVN"),
    ("HTS", "HEIGHTS HT HEIGHT HGTS"),
    ("HWY", "HIGHWAY HIGHWY HIWAY HIWY HWAY"),
    ("HL", "HILL"),
    ("HLS", "HILLS"),
    ("HOLW", "HOLLOW HLLW HOLLOWS HOLWS"),
    ("INLT", "INLET"),
    ("IS", "ISLAND ISLND"),
    ("ISS", "ISLANDS ISLNDS"),
    ("ISLE", "ISLES"),
    ("JCT", "JUNCTION JCTION JCTN JUNCTN JUNCTON"),
    ("KNL", "KNOLL KNOL"),
    ("KNLS", "KNOLLS"),
    ("LK", "LAKE"),
    ("LKS", "LAKES"),
    ("LAND", ""),
    ("LNDG", "LANDING LNDNG"),
    ("LN", "LANE LANES"),
    ("LGT", "LIGHT"),
    ("LF", "LOAF"),
    ("LCK", "LOCK"),
    ("LDG", "LODGE LDGE LODG"),
    ("LOOP", "LOOPS"),
    ("MALL", ""),
    ("MNR", "MANOR"),
    ("MNRS", "MANORS"),
    ("MDW", "MEADOW"),
    ("MDWS", "MEADOWS MEDOWS"),
    ("MEWS", ""),
    ("ML", "MILL"),
    ("MLS", "MILLS"),
    ("MSN", "MISSION MISSN MSSN"),
    ("MTWY", "MOTORWAY"),
    ("MT", "MOUNT MNT"),
    ("MTN", "MOUNTAIN MNTAIN MNTN MOUNTIN MTIN"),
    ("NCK", "NECK"),
    ("ORCH", "ORCHARD ORCHRD"),
    ("OVAL", "OVL"),
    ("OPAS", "OVERPASS"),
    ("PARK", "PRK PK PARKS"),
    ("PKWY", "PARKWAY PARKWY PKWAY PKY PARKWAYS PKWYS"),
    ("PASS", ""),
    ("PSGE", "PASSAGE"),
    ("PATH", "PATHS"),
    ("PIKE", "PIKES"),
    ("PNE", "PINE"),
    ("PNES", "PINES"),
    ("PL", "PLACE"),
    ("PLN", "PLAIN"),
    ("PLNS", "PLAINS PLAINES"),
    ("PLZ", "PLAZA PLZA"),
    ("PT", "POINT"),
    ("PTS", "POINTS"),
    ("PRT", "PORT"),
    ("PR", "PRAIRIE PRR PRARIE"),
    ("RADL", "RADIAL RAD RADIEL"),
    ("RAMP", ""),
    ("RNCH", "RANCH RANCHES RNCHS"),
    ("RPD", "RAPID"),
    ("RPDS", "RAPIDS"),
    ("RST", "REST"),
    ("RDG", "RIDGE RDGE"),
    ("RDGS", "RIDGES"),
    ("RIV", "RIVER RVR RIVR"),
    ("RD", "ROAD"),
    ("RDS", "ROADS"),
    ("RTE", "ROUTE"),
    ("ROW", ""),
    ("RUN", ""),
    ("SHL", "SHOAL"),
    ("SHR", "SHORE SHOAR"),
    ("SHRS", "SHORES SHOARS"),
    ("SKWY", "SKYWAY"),
    ("SPG", "SPRING SPNG SPRNG"),
    ("SPGS", "SPRINGS SPNGS SPRNGS"),
    ("SPUR", "SPURS"),
    ("SQ", "SQUARE SQR SQRE SQU"),
    ("STA", "STATION STATN STN"),
    ("STRA", "STRAVENUE STRAV STRAVE STRAVEN STRAVN STRVN STRVNUE"),
    ("STRM", "STREAM STREME"),
    ("ST", "STREET STR STRT"),
    ("STS", "STREETS"),
    ("SMT", "SUMMIT SUMIT SUMITT"),
    ("TER", "TERRACE TERR"),
    ("TRWY", "THROUGHWAY"),
    ("TRCE", "TRACE TRACES"),
    ("TRAK", "TRACK TRACKS TRK TRKS"),
    ("TRL", "TRAIL TRAILS TRLS TR"),
    ("TUNL", "TUNNEL TUNEL TUNLS TUNNELS TUNNL"),
    ("TPKE", "TURNPIKE TRNPK TURNPK TPK TRPK"),
    ("UN", "UNION"),
    ("VLY", "VALLEY VALLY VLLY"),
    ("VIA", "VIADUCT VDCT VIADCT"),
    ("VW", "VIEW"),
    ("VWS", "VIEWS"),
    ("VLG", "VILLAGE VILL VILLAG VILLG VILLIAGE"),
    ("VL", "VILLE"),
    ("VIS", "VISTA VIST VST VSTA"),
    ("WALK", "WALKS"),
    ("WAY", "WY"),
    ("WL", "WELL"),
    ("WLS", "WELLS"),
    ("FRDS", "FORDS"),
    ("FRGS", "FORGES"),
    ("GLNS", "GLENS"),
    ("GRNS", "GREENS"),
    ("GRVS", "GROVES"),
    ("HBRS", "HARBORS"),
    ("JCTS", "JCTNS JUNCTIONS"),
    ("KY", "KEY"),
    ("KYS", "KEYS"),
    ("LCKS", "LOCKS"),
    ("LGTS", "LIGHTS"),
    ("MTNS", "MNTNS MOUNTAINS"),
    ("PRTS", "PORTS"),
    ("RUE", ""),
    ("SHLS", "SHOALS"),
    ("SQS", "SQRS SQUARES"),
    ("TRFY", "TRAFFICWAY"),
    ("UNS", "UNIONS"),
    ("UPAS", "UNDERPASS"),
    ("VLGS", "VILLAGES"),
    ("VLYS", "VALLEYS"),
    ("WALL", ""),
    ("WAYS", ""),
    ("CL", "CLOSE"),
    ("HSE", "HOUSE"),
    ("QY", "QUAY"),
    ("YD", "YARD"),
];

/// States and territories: code, name, the first digits of their ZIP codes.
const STATES: &[(&str, &str, &str)] = &[
    ("AL", "ALABAMA", "3"),
    ("AK", "ALASKA", "9"),
    ("AZ", "ARIZONA", "8"),
    ("AR", "ARKANSAS", "7"),
    ("CA", "CALIFORNIA", "9"),
    ("CO", "COLORADO", "8"),
    ("CT", "CONNECTICUT", "0"),
    ("DE", "DELAWARE", "1"),
    ("DC", "DISTRICT OF COLUMBIA", "2"),
    ("FL", "FLORIDA", "3"),
    ("GA", "GEORGIA", "3"),
    ("HI", "HAWAII", "9"),
    ("ID", "IDAHO", "8"),
    ("IL", "ILLINOIS", "6"),
    ("IN", "INDIANA", "4"),
    ("IA", "IOWA", "5"),
    ("KS", "KANSAS", "6"),
    ("KY", "KENTUCKY", "4"),
    ("LA", "LOUISIANA", "7"),
    ("ME", "MAINE", "0"),
    ("MD", "MARYLAND", "2"),
    ("MA", "MASSACHUSETTS", "0"),
    ("MI", "MICHIGAN", "4"),
    ("MN", "MINNESOTA", "5"),
    ("MS", "MISSISSIPPI", "3"),
    ("MO", "MISSOURI", "6"),
    ("MT", "MONTANA", "5"),
    ("NE", "NEBRASKA", "6"),
    ("NV", "NEVADA", "8"),
    ("NH", "NEW HAMPSHIRE", "0"),
    ("NJ", "NEW JERSEY", "0"),
    ("NM", "NEW MEXICO", "8"),
    ("NY", "NEW YORK", "01"),
    ("NC", "NORTH CAROLINA", "2"),
    ("ND", "NORTH DAKOTA", "5"),
    ("OH", "OHIO", "4"),
    ("OK", "OKLAHOMA", "7"),
    ("OR", "OREGON", "9"),
    ("PA", "PENNSYLVANIA", "1"),
    ("RI", "RHODE ISLAND", "0"),
    ("SC", "SOUTH CAROLINA", "2"),
    ("SD", "SOUTH DAKOTA", "5"),
    ("TN", "TENNESSEE", "3"),
    ("TX", "TEXAS", "78"),
    ("UT", "UTAH", "8"),
    ("VT", "VERMONT", "0"),
    ("VA", "VIRGINIA", "2"),
    ("WA", "WASHINGTON", "9"),
    ("WV", "WEST VIRGINIA", "2"),
    ("WI", "WISCONSIN", "5"),
    ("WY", "WYOMING", "8"),
    ("PR", "PUERTO RICO", "0"),
    ("GU", "GUAM", "9"),
    ("VI", "VIRGIN ISLANDS", "0"),
    ("AS", "AMERICAN SAMOA", "9"),
    ("MP", "NORTHERN MARIANA ISLANDS", "9"),
    ("AA", "ARMED FORCES AMERICAS", "3"),
    ("AE", "ARMED FORCES EUROPE", "0"),
    ("AP", "ARMED FORCES PACIFIC", "9"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_of_a_table_stands_for_two_things() {
        for table in [DIRECTIONS, UNITS, ORDINALS, SUFFIXES] {
            let mut words: Vec<&str> = table
                .iter()
                .flat_map(|(short, others)| std::iter::once(*short).chain(others.split_whitespace()))
                .collect();
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), count);
        }
    }
}
