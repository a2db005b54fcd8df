"""IP addresses, by Python's own `ipaddress`."""

import ipaddress

from .groups import Groups, noise

RFC5952 = "RFC 5952"
REGISTRY4 = "https://www.iana.org/assignments/iana-ipv4-special-registry"
REGISTRY6 = "https://www.iana.org/assignments/iana-ipv6-special-registry"

# Documentation networks are taken (RFC 5737, RFC 3849): tests and manuals use them, and nobody has them.
V4 = ["192.0.2.", "198.51.100.", "203.0.113."]


def vectors():
    groups = Groups()
    for number in range(12):
        v4(groups, ipaddress.ip_address(V4[number % 3] + str(noise(f"v4 {number}", 1)[0])))
    for number in range(20):
        tail = noise(f"v6 {number}", 12)
        v6(groups, ipaddress.IPv6Address(bytes.fromhex("20010db8") + tail))
    for text in ("2001:db8::1", "2001:db8:0:0:1::1", "2001:db8::1:0:0:1", "2001:db8:0:1:1:1:1:1", "2001:db8:1::", "2001:db8::ff00:42:8329"):
        v6(groups, ipaddress.IPv6Address(text))
    for text in ("192.0.2.33", "203.0.113.77"):
        mapped(groups, ipaddress.IPv4Address(text))
    refused(groups)
    return groups


def v4(groups, address):
    text = str(address)
    spellings = [text, f" {text} ", f"{text}:443", f"{text}/32", f"https://{text}:8443/a?b", text.replace(".", "[.]"),
                 "".join(chr(ord(letter) + 0xFEE0) if letter.isdigit() else letter for letter in text), f"{text}\u200b"]
    groups.add(text, text, "port, length, scheme and blanks are removed", RFC5952, spellings)
    mapped(groups, address)


def mapped(groups, address):
    text = str(address)
    number = int(address)
    spellings = [f"::ffff:{text}", f"::FFFF:{text}", f"[::ffff:{text}]:22", f"::ffff:{number >> 16:x}:{number & 0xFFFF:x}",
                 f"0:0:0:0:0:ffff:{number >> 16:04x}:{number & 0xFFFF:04x}"]
    groups.add(text, text, "a mapped IPv4 address is the IPv4 address", "RFC 4291, 2.5.5.2", spellings)


def v6(groups, address):
    text = str(address)
    network = ipaddress.ip_network((address, 64), strict=False)
    spellings = [text, text.upper(), address.exploded, address.exploded.upper(), f"[{text}]", f"[{text}]:443", f"{text}/128",
                 f"{text}%eth0", f"[{text}%en0]:80", f"https://[{text}]/x", f" {text}\t",
                 ":".join(f"{int(part, 16):x}" for part in address.exploded.split(":"))]
    groups.add(text, text, "one text for one address, zone and port removed, the /64 derived", RFC5952, spellings,
               derived=[[2, str(network)]])


def refused(groups):
    rule = "what is not reachable from elsewhere is refused"
    for network in ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/29",
                    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"):
        net = ipaddress.ip_network(network)
        ends = sorted({net[0], net[-1], net[net.num_addresses // 2]})
        if any(address.is_global and not address.is_multicast for address in ends):
            raise ValueError(f"{network} is global by ipaddress")
        groups.refuse(f"in {network}", "ip-not-global", rule, REGISTRY4, *map(str, ends), f"::ffff:{net[-1]}")
    # RFC 8215; Python before 3.12.4 does not know it.
    groups.refuse("in 64:ff9b:1::/48", "ip-not-global", rule, REGISTRY6, "64:ff9b:1::", "64:ff9b:1::1", "64:ff9b:1:ffff::")
    for network in ("::1/128", "100::/64", "fc00::/7", "fe80::/10", "ff00::/8"):
        net = ipaddress.ip_network(network)
        ends = sorted({net[0], net[-1]})
        if any(address.is_global and not address.is_multicast for address in ends):
            raise ValueError(f"{network} is global by ipaddress")
        groups.refuse(f"in {network}", "ip-not-global", rule, REGISTRY6, *map(str, ends))
    source = "RFC 6943, 3.1.1: forms that programs read differently"
    groups.refuse("no address", "ip-invalid", "what is no address is refused", source, "192.0.2", "192.0.2.256", "192.0.2.01",
                  "0xC0000201", "3221225985", "192.0.2.1.5", "2001:db8:::1", "2001:db8::1::2", "2001:db8::12345", "corp.example",
                  "192.0.2.1:99999", "[2001:db8::1", "192.0.2.1/33", "2001:db8::1/129", "192.0.2.1 192.0.2.2", "192.0.2.1%eth0")
    groups.refuse("a network", "ip-network", "a network is no machine", "RFC 4632", "192.0.2.0/24", "2001:db8::/64", "203.0.113.4/31")
