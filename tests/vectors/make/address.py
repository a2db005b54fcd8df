"""Postal addresses: one house in the words of USPS Publication 28 and of other posts, and its neighbours."""

from .groups import Groups, pick

PUB28 = "https://pe.usps.com/text/pub28/"
SUFFIXES = f"{PUB28}28apc_002.htm (appendix C1)"
UNITS = f"{PUB28}28apc_003.htm (appendix C2)"
DIRECTIONS = f"{PUB28}28c2_014.htm (233)"
BOXES = f"{PUB28}28c2_035.htm (28)"
RURAL = f"{PUB28}28c2_021.htm (24)"
LAST_LINE = f"{PUB28}28c2_006.htm (22)"
UPU = "https://www.upu.int/en/postal-solutions/programmes-services/addressing-solutions (S42, by country)"
OURS = "docs/kinds/address.md"  # no post's page says it

# Suffix as the standard abbreviates it, and other ways that appendix C1 lists.
SUFFIX = {
    "AVE": ["Avenue", "Av", "Aven", "Avenu", "Avn", "Avnue"], "ST": ["Street", "Str", "Strt"], "RD": ["Road"], "DR": ["Drive", "Drv", "Driv"],
    "LN": ["Lane"], "BLVD": ["Boulevard", "Boul", "Boulv"], "CT": ["Court"], "PL": ["Place"], "CIR": ["Circle", "Circ", "Crcle"],
    "TER": ["Terrace", "Terr"], "PKWY": ["Parkway", "Pkway", "Parkwy", "Pky"], "HWY": ["Highway", "Highwy", "Hiway"], "TRL": ["Trail"],
    "SQ": ["Square", "Sqr", "Squ"], "ALY": ["Alley", "Ally", "Allee"], "WAY": ["Wy"], "PLZ": ["Plaza", "Plza"], "LOOP": ["Loops"],
    "EXPY": ["Expressway", "Expr", "Express"], "XING": ["Crossing", "Crssng"], "CV": ["Cove"], "RDG": ["Ridge", "Rdge"], "HTS": ["Heights", "Ht"],
    "PT": ["Point"], "TPKE": ["Turnpike", "Turnpk"], "VLY": ["Valley", "Vally"], "VW": ["View"], "GLN": ["Glen"], "GRV": ["Grove", "Grov"],
    "HOLW": ["Hollow", "Hollows", "Holws"], "BND": ["Bend"], "CRK": ["Creek"], "CYN": ["Canyon", "Cnyn"], "MNR": ["Manor"], "EST": ["Estate"],
    "FRY": ["Ferry", "Frry"], "GTWY": ["Gateway", "Gatewy"], "HBR": ["Harbor", "Harb"], "JCT": ["Junction", "Jction"], "LNDG": ["Landing", "Lndng"],
    "FRDS": ["Fords"], "FRGS": ["Forges"], "GLNS": ["Glens"], "GRNS": ["Greens"], "GRVS": ["Groves"], "HBRS": ["Harbors"], "JCTS": ["Junctions", "Jctns"],
    "KYS": ["Keys"], "LCKS": ["Locks"], "LGTS": ["Lights"], "MTNS": ["Mountains", "Mntns"], "PRTS": ["Ports"], "SHLS": ["Shoals"], "SQS": ["Squares", "Sqrs"],
    "TRFY": ["Trafficway"], "STRA": ["Stravenue", "Strav", "Straven"], "UPAS": ["Underpass"], "VLGS": ["Villages"], "VLYS": ["Valleys"], "TUNL": ["Tunnel", "Tunnels", "Tunls"],
    "PLNS": ["Plains", "Plaines"], "CSWY": ["Causeway", "Causwa"], "CRES": ["Crescent", "Crsent"], "PR": ["Prairie", "Prr"], "HVN": ["Haven"], "WALL": ["Wall"], "RUE": ["Rue"],
}
NAMES = ["Alder", "Birchwood", "Cottonwood", "Foxglove", "Marigold", "Thornbury"]
TOWNS = [("Springfield", "IL", "Illinois", "62701"), ("Ashford", "WA", "Washington", "98304"), ("Greenville", "SC", "South Carolina", "29601"),
         ("Franklin", "NH", "New Hampshire", "03235"), ("Austin", "TX", "Texas", "78701")]
DIRECTION = {"N": "North", "S": "South", "E": "East", "W": "West", "NE": "Northeast", "SW": "Southwest"}


def vectors():
    groups = Groups()
    for number, (short, words) in enumerate(SUFFIX.items()):
        house(groups, 100 + 7 * number, short, words)
    for number, (short, long) in enumerate(DIRECTION.items()):
        directed(groups, 200 + number, short, long)
    for number, town in enumerate(TOWNS):
        units(groups, 300 + number, town)
        boxes(groups, 4100 + number, town)
    numbered(groups)
    roads(groups)
    doors(groups)
    military(groups)
    rural(groups)
    elsewhere(groups)
    refused(groups)
    return groups


def house(groups, number, short, words):
    name = pick(short, NAMES)
    town, code, state, zip5 = pick(f"{short} town", TOWNS)
    canonical = f"US|{zip5}||{number} {name.upper()} {short}|"
    group = f"{number} {name} {short}"
    spellings = []
    for word in [short, short.title(), *words]:
        street = f"{number} {name} {word}"
        spellings += [f"{street}, {town}, {code} {zip5}", f"{street}, {town}, {code} {zip5}, USA"]
    groups.add(group, canonical, f"{short} and the words it stands for are one suffix", SUFFIXES, spellings)
    street = f"{number} {name} {words[0]}"
    last = [f"{street}\n{town} {code} {zip5}", f"{street}., {town.upper()}, {code}, {zip5}-0001", f"{street.upper()}, {town}, {state} {zip5}",
            f"{street}, {town}, {code} {zip5}, United States", f"Avery Quill\n{street}\n{town}, {code} {zip5}", f"  {street} , {town} , {code}  {zip5}  ",
            f"{street}; {town}; {code} {zip5}; U.S.A.", f"c/o Quill Labs\n{street}\n{town} {state} {zip5}\nUnited States of America"]
    groups.add(group, canonical, "the addressee, the town's spelling and ZIP+4 are left off", LAST_LINE, last)
    groups.add(group, canonical, "a region gives the country", LAST_LINE, [f"{street}, {town}, {zip5}"], region="US")
    next_door = canonical.replace(f"|{number} ", f"|{number + 1} ")
    groups.add(f"{number + 1} {name} {short}", next_door, "the next house is another", SUFFIXES, [f"{number + 1} {name} {words[0]}, {town}, {code} {zip5}"])


def directed(groups, number, short, long):
    town, code, _, zip5 = TOWNS[0]
    for words in ([short, long] + ([f"{short}."] if len(short) == 1 else [])):
        for suffix in ("St", "Street"):
            rule = "a direction before the name or behind the suffix is short"
            before = [f"{number} {words} Alder {suffix}, {town}, {code} {zip5}", f"{number} {words.upper()} ALDER {suffix}, {town} {code} {zip5}"]
            groups.add(f"{number} {short} Alder St", f"US|{zip5}||{number} {short} ALDER ST|", rule, DIRECTIONS, before)
            behind = [f"{number} Alder {suffix} {words}, {town}, {code} {zip5}"]
            groups.add(f"{number} Alder St {short}", f"US|{zip5}||{number} ALDER ST {short}|", rule, DIRECTIONS, behind)
    groups.add(f"{number} Alder St", f"US|{zip5}||{number} ALDER ST|", "without it another street", DIRECTIONS, [f"{number} Alder St, {town}, {code} {zip5}"])


def units(groups, number, place):
    town, code, _, zip5 = place
    last = f"{town}, {code} {zip5}"
    street = f"{number} Foxglove"
    for unit in ("4", "4B", "12", "5"):
        canonical = f"US|{zip5}||{number} FOXGLOVE LN|# {unit}"
        spellings = [f"{street} Ln {word} {unit}, {last}" for word in ("Apt", "Apartment", "Unit", "Suite", "Ste", "#", "Apt.", "No.", "Room", "Rm")]
        spellings += [f"{street} Lane #{unit}, {last}", f"{street} Lane, Apt {unit}, {last}", f"{street} Lane\nUnit {unit}\n{last}", f"Apt {unit}, {street} Lane, {last}",
                      f"{street} Lane APT #{unit}, {last}", f"{street} Ln Apt{unit}, {last}", f"{street} Lane, #{unit.lower()}, {last}"]
        groups.add(f"{number} Foxglove unit {unit}", canonical, "apartment, unit, suite and # before one number", UNITS, spellings)
    for short, words in (("BLDG", ["Bldg", "Building", "Bld"]), ("FL", ["Fl", "Floor", "Flr"]), ("PH", ["PH", "Penthouse"]), ("LOT", ["Lot"]), ("SPC", ["Spc", "Space"]), ("TRLR", ["Trlr", "Trailer"])):
        canonical = f"US|{zip5}||{number} FOXGLOVE LN|{short} 3"
        groups.add(f"{number} Foxglove {short} 3", canonical, "other units are kept apart from apartments", UNITS, [f"{street} Ln, {word} 3, {last}" for word in words] + [f"{street} Lane {word} 3, {last}" for word in words])
    floor = [f"{street} Ln, {word} Floor, {last}" for word in ("3rd", "Third", "3RD")]
    groups.add(f"{number} Foxglove FL 3", f"US|{zip5}||{number} FOXGLOVE LN|FL 3", "a floor by its ordinal", UNITS, floor)
    two = [f"{street} Ln, Bldg 2 Apt 9, {last}", f"{street} Lane, Building 2, Apartment 9, {last}", f"{street} Ln Apt 9 Bldg 2, {last}"]
    groups.add(f"{number} Foxglove BLDG 2 unit 9", f"US|{zip5}||{number} FOXGLOVE LN|# 9 BLDG 2", "a building and a unit in it", UNITS, two)
    groups.add(f"{number} Foxglove", f"US|{zip5}||{number} FOXGLOVE LN|", "the house without a unit is another", UNITS, [f"{street} Ln, {last}"])


def boxes(groups, number, place):
    town, code, _, zip5 = place
    for box in (number, number + 1):
        last = f"{town}, {code} {zip5}"
        words = ["PO Box", "P.O. Box", "P O Box", "Post Office Box", "POB", "po box", "P.O.Box", "PO Box #", "Box", "PO Drawer", "P.O. Drawer", "Drawer", "Lockbox", "PO Box No.", "P/O Box", "PO-Box", "Caller", "Firm Caller"]
        spellings = [f"{word}{'' if word.endswith('#') else ' '}{box}, {last}" for word in words] + [f"Avery Quill\nPO BOX {box}\n{last}-4567", f"PO Box 0{box}, {last}"]
        groups.add(f"box {box} in {zip5}", f"US|{zip5}||PO BOX {box}|", "every way to write a post office box", BOXES, spellings)


def numbered(groups):
    town, code, _, zip5 = TOWNS[4]
    ordinals = {"1ST": "First", "2ND": "Second", "3RD": "Third", "5TH": "Fifth", "9TH": "Ninth", "12TH": "Twelfth", "20TH": "Twentieth"}
    for short, long in ordinals.items():
        spellings = [f"77 {word} {suffix}, {town}, {code} {zip5}" for word in (short, short.lower(), long) for suffix in ("Ave", "Avenue")]
        groups.add(f"77 {short} Ave", f"US|{zip5}||77 {short} AVE|", "numbered streets in words or figures", f"{PUB28}28c2_016.htm (235)", spellings)
    for name, words in (("HWY 11", ["Highway 11", "Hwy 11"]), ("STATE RTE 39", ["State Route 39", "State Rte 39", "State Rt 39"]),
                        ("COUNTY RD 20", ["County Road 20", "County Rd 20"]), ("US HWY 41", ["US Highway 41", "U.S. Hwy 41"])):
        spellings = [f"640 {word}, {town}, {code} {zip5}" for word in words]
        with_unit = [f"640 {word}, Apt 5, {town}, {code} {zip5}" for word in words] + [f"640 {words[0]} #5, {town}, {code} {zip5}"]
        groups.add(f"640 {name} unit 5", f"US|{zip5}||640 {name}|# 5", "a unit on a numbered road", f"{PUB28}28apf.htm (appendix F)", with_unit)
        groups.add(f"640 {name}", f"US|{zip5}||640 {name}|", "highways by number", f"{PUB28}28apf.htm (appendix F)", spellings)
    for short, long in (("NW", "North West"), ("SE", "South East")):
        groups.add(f"31 {short} Alder St", f"US|{zip5}||31 {short} ALDER ST|", "two words of a direction are one", DIRECTIONS,
                   [f"31 {word} Alder St, {town}, {code} {zip5}" for word in (short, long, long.replace(" ", ""), ". ".join(short) + ".")])
        groups.add(f"31 Alder St {short}", f"US|{zip5}||31 ALDER ST {short}|", "two words of a direction are one", DIRECTIONS, [f"31 Alder St {word}, {town}, {code} {zip5}" for word in (short, long)])
    merged = {
        "1 ALDER ST": ["1 Alder St", "One Alder Street"], "2 ALDER ST": ["2 Alder St", "Two Alder St"], "45-47 ALDER ST": ["45-47 Alder St", "45 - 47 Alder Street"],
        "45 ALDER ST": ["45 Alder St"], "12 MT QUILL AVE": ["12 Mt Quill Ave", "12 Mount Quill Avenue", "12 Mt. Quill Ave."],
        "12 FT QUILL DR": ["12 Ft Quill Dr", "12 Fort Quill Drive"], "12 ST QUILL ST": ["12 St. Quill St", "12 Saint Quill Street"],
        "45 AVENUE B": ["45 Ave B", "45 Avenue B", "45 Ave. B"], "45 AVENUE C": ["45 Avenue C"], "45 AVENUE OF THE ALDERS": ["45 Avenue of the Alders", "45 Ave of the Alders"],
        "12 N QUILL": ["12 North Quill", "12 N Quill", "12 N. Quill"], "12 AVERY QUILL JR BLVD": ["12 Avery Quill Jr Blvd", "12 Avery Quill, Jr. Boulevard", "12 Avery Quill Jr. Blvd."],
    }
    for street, ways in merged.items():
        groups.add(street.title(), f"US|{zip5}||{street}|", "words of streets that people write in two ways", PUB28, [f"{way}, {town}, {code} {zip5}" for way in ways])
    keys = [f"9 Marigold Key {word} 4, {town}, {code} {zip5}" for word in ("Apt", "#", "Unit", "Apt #")]
    groups.add("9 Marigold Key", f"US|{zip5}||9 MARIGOLD KY|# 4", "a key is a street before it is a unit", SUFFIXES, keys)
    groups.add("31 N East St", f"US|{zip5}||31 N EAST ST|", "a direction may be the street's name", DIRECTIONS, [f"31 {word} East St, {town}, {code} {zip5}" for word in ("N", "North")])
    one_line = [f"88 Foxglove {suffix} Apt 6 {town} {code} {zip5}" for suffix in ("Ln", "Lane")] + [f"88 Foxglove Lane #6 {town} {code} {zip5} USA", f"88 foxglove lane apt. 6, {town} {code}, {zip5}"]
    groups.add("88 Foxglove", f"US|{zip5}||88 FOXGLOVE LN|# 6", "an address without commas", LAST_LINE, one_line)
    spellings = [f"500 Mill Creek {word}, {town}, {code} {zip5}" for word in ("Rd", "Road")]
    groups.add("500 Mill Creek Rd", f"US|{zip5}||500 MILL CREEK RD|", "of two suffixes only the second is short", f"{PUB28}28c2_015.htm (234.2)", spellings)
    for number in ("12 1/2", "12", "12A", "12-34"):
        groups.add(f"{number} Thornbury", f"US|{zip5}||{number} THORNBURY RD|", "every part of a house number counts", f"{PUB28}28apd.htm (appendix D)",
                   [f"{number} Thornbury Rd, {town}, {code} {zip5}", f"{number.lower()} Thornbury Road, {town} {code} {zip5}"])


def roads(groups):
    town, code, _, zip5 = TOWNS[4]
    ways = {
        "COUNTY RD 20": ["County Road 20", "CR 20", "C.R. 20", "Co Rd 20", "Co. Rd. 20", "Cnty Rd 20", "CR-20"], "COUNTY HWY 20": ["County Hwy 20", "Cnty Hwy 20", "County Highway 20"],
        "STATE RD 39": ["State Road 39", "SR 39", "St Rd 39"], "STATE RTE 39": ["State Route 39", "St Rt 39", "St Rte 39"], "STATE HWY 39": ["State Highway 39", "St Hwy 39", "St Highway 39"],
        "US HWY 41": ["US Highway 41", "US 41", "US-41", "U.S. 41", "U S Hwy 41"], "HWY 41": ["Highway 41", "Hwy 41", "Hiway 41"],
        "INTERSTATE 10": ["Interstate 10", "I-10", "I10", "I 10", "IH 10", "Interstate Hwy 10"],
        "FM 1187": ["FM 1187", "Farm to Market 1187", "Farm to Market Road 1187", "FM Road 1187", "Hwy FM 1187"], "RANCH RD 620": ["Ranch Road 620", "Ranch Rd 620"],
        "HWY 41 N": ["Highway 41 N", "Hwy 41 North"], "COUNTY RD 21": ["CR 21", "County Road 21"],
    }
    for road, words in ways.items():
        groups.add(f"655 {road}", f"US|{zip5}||655 {road}|", "highways by number", f"{PUB28}28apf.htm (appendix F)", [f"655 {word}, {town}, {code} {zip5}" for word in words])
    for grid, words in {"842 E 1700 S": ["842 E 1700 S", "842 East 1700 South", "842 E. 1700 S."], "842 E 1800 S": ["842 E 1800 S"], "842 W 1700 S": ["842 W 1700 S"]}.items():
        groups.add(grid, f"US|{zip5}||{grid}|", "a street that is a number between two directions", f"{PUB28}28apd_003.htm (D2)", [f"{word}, {town}, {code} {zip5}" for word in words])
    for road, word in (("39-2 ALDER RD", "39.2 Alder Rd"), ("392 ALDER RD", "392 Alder Rd")):
        groups.add(word, f"US|{zip5}||{road}|", "a sign between two digits keeps them apart", f"{PUB28}28apd_003.htm (D2)", [f"{word}, {town}, {code} {zip5}"])


def doors(groups):
    """Spellings in which a part of the door was once lost, so that two doors were one."""
    town, code, _, zip5 = TOWNS[4]
    last = f"{town}, {code} {zip5}"
    fractions = {"14 1/2": ["14½", "14 1/2", "14-1/2"], "14 1/4": ["14¼", "14 1/4"], "14 3/4": ["14¾", "14 3/4"], "1412": ["1412"], "14": ["14"]}
    for number, ways in fractions.items():
        groups.add(f"{number} Foxglove Rd", f"US|{zip5}||{number} FOXGLOVE RD|", "a fraction is no digits of the number before it", f"{PUB28}28apd.htm (appendix D)", [f"{way} Foxglove Rd, {last}" for way in ways])
    for number, ways in {"45-47": ["45-47", "45\u201347", "45\u201147", "45 \u2013 47"], "4547": ["4547"]}.items():
        groups.add(f"{number} Foxglove Rd", f"US|{zip5}||{number} FOXGLOVE RD|", "a dash of any length keeps two numbers apart", "Unicode, general category Pd", [f"{way} Foxglove Rd, {last}" for way in ways])
    for short, word in (("BSMT", "Basement"), ("REAR", "Rear"), ("FRNT", "Front"), ("LBBY", "Lobby")):
        groups.add(f"14 Foxglove {short}", f"US|{zip5}||14 FOXGLOVE CT|{short}", "a unit that has no number", UNITS, [f"14 Foxglove Ct {word}, {last}", f"14 Foxglove Court, {word}, {last}", f"14 Foxglove Ct, Apt {word}, {last}", f"14 Foxglove Ct Unit {word}, {last}", f"14 Foxglove Ct {short}, {last}"])
    groups.add("14 Foxglove Ct", f"US|{zip5}||14 FOXGLOVE CT|", "the house without a unit is another", UNITS, [f"14 Foxglove Ct, {last}"])
    for word in ("Garage", "Annex", "Studio", "Left", "Right"):
        groups.add(f"14 Foxglove {word}", f"US|{zip5}||14 FOXGLOVE CT|{word.upper()}", "a part of a house that has no number is a door", OURS, [f"14 Foxglove Court, {word}, {last}", f"14 Foxglove Ct, {word.upper()}, {last}"])
    for short, word in (("OFC", "Office"), ("SIDE", "Side")):
        groups.add(f"14 Foxglove {short}", f"US|{zip5}||14 FOXGLOVE CT|{short}", "a unit that has no number", UNITS, [f"14 Foxglove Court, {word}, {last}", f"14 Foxglove Ct, {short}, {last}"])
    glued = [f"14 Foxglove Ct, {word}, {last}" for word in ("Apt-4", "Apt4", "Apt 4")]
    groups.add("14 Foxglove Ct unit 4", f"US|{zip5}||14 FOXGLOVE CT|# 4", "apartment, unit, suite and # before one number", UNITS, glued)
    source = f"{PUB28} (section 29, Puerto Rico)"
    for name in ("GLADIOLAS", "LOMAS"):
        ways = [f"Urb Las {name.title()}\n123 Calle 1\nSan Juan PR 00926", f"123 Calle 1, Urb. Las {name.title()}, San Juan, PR 00926-3232", f"Urbanización Las {name.title()}, 123 Calle 1, San Juan, Puerto Rico 00926"]
        groups.add(f"urb las {name.lower()}", f"US|00926||123 CALLE 1|URB LAS {name}", "one code has several streets of one name, and the urbanization tells them apart", source, ways)
    groups.add("calle 1", "US|00926||123 CALLE 1|", "one code has several streets of one name, and the urbanization tells them apart", source, ["123 Calle 1, San Juan PR 00926"])
    end = "London SW1A 9ZY, UK"
    lines = {"# 3": ["Flat 3, 12 Marigold Street", "Flat 3 Quill House, 12 Marigold Street", "Quill House Flat 3, 12 Marigold Street", "12 Marigold Street, Flat 3"], "# 2F1": ["2F1, 12 Marigold Street", "12 Marigold Street, 2F1"],
             "BASEMENT FLAT": ["Basement Flat, 12 Marigold Street", "12 Marigold Street, Basement Flat"], "TOWER 2": ["Tower 2, 12 Marigold Street", "12 Marigold Street, Tower 2"], "": ["12 Marigold Street", "Quill House, 12 Marigold Street", "No. 12 Marigold Street"]}
    for unit, ways in lines.items():
        groups.add(f"12 Marigold {unit}", f"GB|SW1A9ZY||12 MARIGOLD ST|{unit}", "a unit before the street is one behind it", OURS, [f"{way}, {end}" for way in ways])
    for unit, ways in {"BLOCK B": ["Quill Court Block B, 12 Marigold Mews", "Block B Quill Court, 12 Marigold Mews", "Block B, 12 Marigold Mews", "12 Marigold Mews, Block B"], "BLOCK C": ["Block C Quill Court, 12 Marigold Mews"], "PLOT 12": ["Plot 12, 12 Marigold Mews", "12 Marigold Mews, Plot 12"], "": ["Quill Court, 12 Marigold Mews"]}.items():
        groups.add(f"12 Marigold Mews {unit}", f"GB|SW1A9ZY||12 MARIGOLD MEWS|{unit}", "a unit before the street is one behind it", OURS, [f"{way}, {end}" for way in ways])
    for unit, ways in {"BAT C": ["Bât. C, 8 rue des Tilleuls", "8 rue des Tilleuls, Bât. C"], "BAT D": ["Bât D, 8 rue des Tilleuls"], "BAT 3": ["Bât 3, 8 rue des Tilleuls", "8 rue des Tilleuls, bât. 3"], "# 12 ESCALIER C": ["Appt 12 Escalier C, 8 rue des Tilleuls"], "# 12 ESCALIER D": ["Appt 12 Escalier D, 8 rue des Tilleuls"]}.items():
        groups.add(f"8 rue des tilleuls {unit}", f"FR|75099|PARIS|8 RUE DES TILLEULS|{unit}", "a unit before the street is one behind it", OURS, [f"{way}, 75099 Paris, France" for way in ways])
    canada = "https://www.canadapost-postescanada.ca/cpc/en/support/articles/addressing-guidelines/civic-address.page"
    for unit in ("7", "8"):
        ways = [f"{unit}-55 Alder Ave", f"#{unit}-55 Alder Ave", f"55 Alder Ave Unit {unit}", f"55 Alder Avenue, app. {unit}"]
        groups.add(f"55 Alder unit {unit}", f"CA|K1A9Z8||55 ALDER AVE|# {unit}", "a unit before the house number and a hyphen", canada, [f"{way}, Ottawa ON K1A 9Z8, Canada" for way in ways])
    for unit, number in (("11", "25"), ("1", "25"), ("11", "2"), ("1", "12")):
        ways = [f"{unit}/{number} Marigold St, Sydney NSW 2998, Australia", f"Unit {unit}/{number} Marigold Street, Sydney, NSW, 2998, Australia", f"Unit {unit}, {number} Marigold St, Sydney, New South Wales 2998, Australia"]
        groups.add(f"{unit} at {number} Marigold", f"AU|2998|SYDNEY NSW|{number} MARIGOLD ST|# {unit}", "a unit before the house number and a slash", UPU, ways)
    for number in ("8", "9"):
        ways = [f"{number} rue du 11 Novembre 1918", f"{number}, rue du 11 Novembre 1918", f"{number} R. du 11 novembre 1918"]
        groups.add(f"{number} rue du 11 novembre", f"FR|75099|PARIS|{number} RUE DU 11 NOVEMBRE 1918|", "the first number is the house's", UPU, [f"{way}, 75099 Paris, France" for way in ways])
    bis = [f"8{way} rue des Ormes, 75099 Paris, France" for way in (" bis", "bis", "bis,", " bis,")]
    groups.add("8 bis rue des ormes", "FR|75099|PARIS|8BIS RUE DES ORMES|", "a repetition of a number belongs to it", UPU, bis)
    for number in ("5", "7"):
        ways = [f"ул. Ольховая, д. {number}, кв. 3, Москва 119999, Russia", f"119999, Москва, ул. Ольховая, д. {number}, кв. 3, Россия", f"ул. Ольховая {number}, кв. 3, 119999 Москва, Россия"]
        groups.add(f"ольховая {number}", f"RU|119999|МОСКВА|{number} УЛ ОЛЬХОВАЯ|КВ 3", "the word for a house is left out, and the place may stand first", OURS, ways)
    groups.add("сосновая 5", "RU|119999|МОСКВА|5 УЛ СОСНОВАЯ|КВ 3", "another street", UPU, ["ул. Сосновая, д. 5, кв. 3, Москва 119999, Russia"])
    for number in ("15", "17"):
        ways = [f"10999 Berlin, Alderstr. {number}, Germany", f"Alderstr. {number}, 10999 Berlin, Germany", f"D-10999 Berlin\nAlderstraße {number}\nGermany", f"Alderstr.{number}, 10999 Berlin, Germany"]
        groups.add(f"place first {number}", f"DE|10999|BERLIN|{number} ALDERSTR|", "postal code and town may stand first", OURS, ways)
    groups.add("15 to 17", "DE|10999|BERLIN|15-17 ALDERSTR|", "a dash of any length keeps two numbers apart", UPU, ["Alderstr. 15-17, 10999 Berlin, Germany", "Alderstr. 15\u201317, 10999 Berlin, Germany"])
    groups.add("1517", "DE|10999|BERLIN|1517 ALDERSTR|", "a dash of any length keeps two numbers apart", UPU, ["Alderstr. 1517, 10999 Berlin, Germany"])
    groups.add("wien", "AT|1099|WIEN|5 ALDERGASSE|", "a country by its own name", "ISO 3166-1, UNGEGN", ["Aldergasse 5, 1099 Wien, Österreich", "Aldergasse 5, A-1099 Wien, Austria"])
    groups.add("ankara", "TR|06999|ANKARA|5 ALDER SOKAK|", "a country by its own name", "ISO 3166-1, UNGEGN", ["Alder Sokak 5, 06999 Ankara, Türkiye", "Alder Sokak No: 5, 06999 Ankara, Turkey"])
    for door, ways in {"3 B": ["3º B", "3ºB", "3.º B", "3 B", "3B"], "3 C": ["3º C"], "2 B": ["2º B"]}.items():
        spellings = [f"Calle del Olmo 9, {way}, 28999 Madrid, Spain" for way in ways] + [f"C/ del Olmo 9 {way}, 28999 Madrid, Spain" for way in ways if "º" in way] + [f"Calle del Olmo, nº 9, {ways[0]}, 28999 Madrid, Spain"]
        groups.add(f"calle del olmo {door}", f"ES|28999|MADRID|9 C DEL OLMO|{door}", "a floor and a door", OURS, spellings)
    groups.add("calle del olmo 1 derecha", "ES|28999|MADRID|9 C DEL OLMO|1O DERECHA", "a floor and a door", OURS, ["Calle del Olmo 9, 1º Derecha, 28999 Madrid, Spain", "Calle del Olmo 9 1º Derecha, 28999 Madrid, Spain"])
    parts = [("Calle del Olmo 9, {}, 28999 Madrid, Spain", "ES|28999|MADRID|9 C DEL OLMO", ["Bajo Izq", "Bajo Dcha", "Atico"]), ("Ellegade 5, {}, 2199 Aarhus, Denmark", "DK|2199|AARHUS|5 ELLEGADE", ["st. tv", "st. th", "kl"]),
             ("Alderstr. 25, {}, 10999 Berlin, Germany", "DE|10999|BERLIN|25 ALDERSTR", ["EG links", "EG rechts", "Hinterhaus"]), ("8 rue des Ormes, {}, 75099 Paris, France", "FR|75099|PARIS|8 RUE DES ORMES", ["RDC", "RDC gauche"])]
    for shape, street, doors_ in parts:
        groups.add(f"{street}", f"{street}|", "a part of a house that has no number is a door", OURS, [shape.replace("{}, ", "")])
        for door in doors_:
            groups.add(f"{street} {door}", f"{street}|{door.upper().replace('.', '')}", "a part of a house that has no number is a door", OURS, [shape.format(door), shape.format(door.upper())])
    for number, tail in (("5", "M 3"), ("5", "M 4"), ("53", "")):
        ways = [f"{word}Olchowa {number}{', ' if tail else ''}{tail.lower()}, 00-999 Warszawa, Poland" for word in ("ul. ", "ulica ", "")]
        groups.add(f"olchowa {number} {tail}", f"PL|00999|WARSZAWA|{number} OLCHOWA|{tail}", "a street without another word for it is an ulica", OURS, ways)


def military(groups):
    source = f"{PUB28}28c2_019.htm (225 and 238)"
    for line, last in (("PSC 1234 BOX 9250", "APO, AE 09366"), ("PSC 1234 BOX 9251", "APO, AE 09366"), ("CMR 333 BOX 77", "APO, AE 09102"), ("UNIT 2050 BOX 4190", "APO, AP 96278"), ("UNIT 2051 BOX 4190", "APO, AP 96278"), ("UNIT 8400 BOX 12", "DPO, AA 34099")):
        unit, box = line.split(" BOX ")
        place, zip5 = last[:-6], last[-5:]
        ways = [f"{line}, {last}", f"{line}\n{place.replace(',', '')} {zip5}", f"Pvt Avery Quill\n{unit.title()} Box {box}\n{last}-2050", f"{unit}, Box {box}, {last}, USA", f"{unit} BOX # {box}, {place}, {zip5}"]
        groups.add(f"{line} {zip5}", f"US|{zip5}||{line}|", "boxes of the armed forces and of embassies", source, ways)


def rural(groups):
    town, code, _, zip5 = TOWNS[0]
    for route, box in ((2, 18), (2, 19), (3, 18)):
        spellings = [f"RR {route} Box {box}, {town}, {code} {zip5}", f"Rural Route {route} Box {box}, {town}, {code} {zip5}", f"RR {route}, Box {box}, {town}, {code} {zip5}",
                     f"RR #{route} BOX {box}, {town} {code} {zip5}", f"RR {route} Box #{box}, {town}, {code} {zip5}",
                     f"RR{route} Box {box}, {town}, {code} {zip5}", f"R.R. {route} Box {box}, {town}, {code} {zip5}", f"RFD {route} BOX {box}, {town}, {code} {zip5}", f"RR 0{route} Box 0{box}, {town}, {code} {zip5}",
                     f"Avery Quill\nRR {route}\nBox {box}\n{town}, {code} {zip5}"]
        groups.add(f"rural route {route}, box {box}", f"US|{zip5}||RR {route} BOX {box}|", "rural routes", RURAL, spellings)


    for route, box in ((68, "23A"), (68, "23B")):
        spellings = [f"{word} {route} Box {box}, {town}, {code} {zip5}" for word in ("HC", "Highway Contract Route", "Star Route", "HCR")]
        groups.add(f"highway contract {route}, box {box}", f"US|{zip5}||HC {route} BOX {box}|", "highway contract and star routes", f"{PUB28}28c2_026.htm (25)", spellings)


def elsewhere(groups):
    rows = [
        ("GB", "GB|SW1A9ZZ||12 MARIGOLD ST|# 3", ["Flat 3, 12 Marigold Street, London SW1A 9ZZ, UK", "12 Marigold St, Flat 3, London, SW1A9ZZ, United Kingdom", "Flat 3\n12 Marigold Street\nLondon\nsw1a 9zz\nEngland", "12 Marigold Street Flat 3, London SW1A 9ZZ, Great Britain"]),
        ("GB", "GB|SW1A9ZZ||12 MARIGOLD ST|# 4", ["Flat 4, 12 Marigold Street, London SW1A 9ZZ, UK"]),
        ("CA", "CA|K1A9Z9||45 ALDER AVE|# 7", ["45 Alder Ave, Unit 7, Ottawa ON K1A 9Z9, Canada", "45 Alder Avenue Apt 7, Ottawa, Ontario, K1A9Z9, CA", "45 Alder Avenue\nSuite 7\nOttawa ON  K1A 9Z9\nCANADA"]),
        ("DE", "DE|10999|BERLIN|5 ALDERSTR|", ["Alderstraße 5, 10999 Berlin, Germany", "Alderstr. 5, 10999 Berlin, Deutschland", "ALDERSTRASSE 5\n10999 BERLIN\nDE", "Alderstrasse 5, D-10999 Berlin, Germany", "Alderstr. 5\nD 10999 Berlin\nGermany", "Alderstr. 5, DE-10999 Berlin, Germany"]),
        ("DE", "DE|10999|BERLIN|5A ALDERSTR|", ["Alderstraße 5a, 10999 Berlin, Germany", "Alderstr. 5 A, 10999 Berlin, Germany"]),
        ("FR", "FR|75099|PARIS|8 RUE DES AULNES|", ["8 rue des Aulnes, 75099 Paris, France", "8, rue des Aulnes, 75099 PARIS, FR", "8 RUE DES AULNES\n75099 Paris\nFrance", "Avery Quill\n8, rue des Aulnes\nF-75099 Paris\nFrance"]),
        ("NL", "NL|1099ZZ||7 ELSSTR|", ["Elsstraat 7, 1099 ZZ Amsterdam, Netherlands", "Elsstraat 7\n1099ZZ Amsterdam\nThe Netherlands", "ELSSTRAAT 7, 1099 zz AMSTERDAM, NL"]),
        ("ES", "ES|28999|MADRID|9 C DEL ALISO|", ["Calle del Aliso 9, 28999 Madrid, Spain", "Calle del Aliso, 9, 28999 Madrid, España", "C. del Aliso 9, 28999 MADRID, ES"]),
        ("IT", "IT|00199|ROMA|5 VIA DEGLI ONTANI|", ["Via degli Ontani 5, 00199 Roma, Italy", "Via degli Ontani, 5, 00199 Roma, Italia", "Via degli Ontani, 5\nI-00199 ROMA\nIT"]),
        ("GB", "GB|SW1A9ZZ||14 MARIGOLD ST|", ["14, Marigold Street, London SW1A 9ZZ, UK", "14 Marigold St, London SW1A9ZZ, UK"]),
        ("AU", "AU|2999|SYDNEY NSW|10 MARIGOLD ST|# 2", ["2/10 Marigold St, Sydney NSW 2999, Australia", "Unit 2, 10 Marigold Street, Sydney NSW 2999, Australia", "10 Marigold Street, Unit 2, Sydney NSW 2999, AU"]),
    ]
    for number, (country, canonical, spellings) in enumerate(rows):
        groups.add(f"{country} {number + 1}", canonical, "the words and order of the country's post", UPU, spellings)


def refused(groups):
    groups.refuse("no country", "address-needs-country", "a country is never guessed", UPU, "5 Alderstrasse, Berlin", "12 Marigold Street, London", "100 Alder St, Springfield")
    groups.refuse("no postal code", "address-needs-postcode", "a postal code finds the street", LAST_LINE, "100 Alder St, Springfield, IL, USA", "12 Marigold Street, London, UK")
    groups.refuse("no house number", "address-needs-number", "a street is no house", PUB28, "Alder St, Springfield, IL 62701", "Springfield, IL 62701", "Marigold Street, London SW1A 9ZZ, UK")
    groups.refuse("a state or a country", "address-needs-country", "two letters that are a state's and a country's are no country without its postal code", "ISO 3166-1", "100 Alder St, Springfield, IL", "100 Alder St, Denver, CO", "100 Alder St, Indianapolis, IN")
    groups.refuse("no such country", "country-unknown", "a region is a country", "ISO 3166-1", "100 Alder St, Springfield 62701", region="Atlantis")
