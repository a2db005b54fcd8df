"""Wallets from keys that nobody has, encoded by `base58`, `bech32` and `pycryptodome`."""

import base64
import binascii

import base58
import bech32
from Crypto.Hash import keccak

from .groups import Groups, noise

EIP55 = "https://eips.ethereum.org/EIPS/eip-55"
BASE58 = "https://en.bitcoin.it/wiki/Base58Check_encoding"
BIP173 = "BIP 173, BIP 350"
CASHADDR = "https://reference.cash/protocol/blockchain/encoding/cashaddr"
TEP2 = "TEP-2"
XRPL = "https://xrpl.org/docs/references/protocol/data-types/base58-encodings"
XLS5 = "XLS-5, https://github.com/XRPLF/XRPL-Standards/discussions/6"
EIP681 = "https://eips.ethereum.org/EIPS/eip-681"
EIP3770 = "https://eips.ethereum.org/EIPS/eip-3770"
CASHTOKENS = "CHIP-2022-02 CashTokens, token-aware addresses"
COUNT = 4

# The version byte, the prefix that names the chain, the asset.
HASHED = [
    ("btc", 0x00, "bitcoin", "XBT"), ("btc", 0x05, "bitcoin", "BTC"), ("ltc", 0x30, "litecoin", "LTC"), ("ltc", 0x32, "litecoin", "LTC"),
    ("doge", 0x1E, "dogecoin", "DOGE"), ("doge", 0x16, "dogecoin", "DOGE"), ("dash", 0x4C, "dash", "DASH"), ("dash", 0x10, "dash", "DASH"),
    ("tron", 0x41, "tron", "TRX"), ("btg", 0x26, "btg", "BTG"), ("btg", 0x17, "btg", "BTG"), ("verge", 0x21, "verge", "XVG"),
]


def vectors():
    groups = Groups()
    for number in range(COUNT):
        evm(groups, number)
        for chain, version, prefix, asset in HASHED:
            hashed(groups, number, chain, version, prefix, asset)
        segwit(groups, number)
        cash(groups, number)
        litecoin_script(groups, number)
        plain_bech(groups, number)
        ripple(groups, number)
        tron_hex(groups, number)
        solana(groups, number)
        ton(groups, number)
        zcash(groups, number)
        monero(groups, number)
    refused(groups)
    return groups


def hash256(data):
    return keccak.new(digest_bits=256, data=data).digest()


def eip55(digits):
    bits = hash256(digits.encode()).hex()
    return "0x" + "".join(letter.upper() if int(bits[at], 16) >= 8 else letter for at, letter in enumerate(digits))


def evm(groups, number):
    digits = noise(f"evm {number}", 20).hex()
    right = eip55(digits)
    spellings = [right, f"0x{digits}", f"0x{digits.upper()}", f"0X{digits.upper()}", digits, right[2:], f"ethereum:{right}",
                 f"eth:{right}", f"polygon:{right}", f"eip155:1:{right}", f"eip155:137:0x{digits}", f"ethereum:{right}@137",
                 f" {right}\n", f"{right}\u200b"]
    group, canonical = f"evm {number + 1}", f"evm:0x{digits}"
    groups.add(group, canonical, "one key holds an address on all EVM chains; case is only its checksum", EIP55, spellings)
    for asset in ("ETH", "USDT", "BNB", "MATIC", "USDC"):
        groups.add(group, canonical, "an asset goes with its chain; a token names none", EIP55, [right], asset=asset)
    groups.add(group, canonical, "EIP-3770 names the chain by its short name; bnb is the BNB Smart Chain's", EIP3770,
               [f"{name}:{right}" for name in ("eth", "matic", "arb1", "oeth", "base", "avax", "bnb", "gno", "ftm", "celo", "linea", "zksync", "scr")])
    groups.add(group, canonical, "the token standard names the chain", "https://eips.ethereum.org/EIPS/eip-20", [f"ERC-20: {right}", f"BEP-20:{right}"])
    token = eip55(noise("evm token", 20).hex())
    rule = "a link that pays in a token names its contract first and the payee in a parameter"
    groups.add(group, canonical, rule, EIP681,
               [f"ethereum:{token}@1/transfer?address={right}&uint256=1000000", f"ethereum:{token}/transfer?uint256=1&address=0x{digits}",
                f"ethereum:pay-{right}@1", f"ethereum:pay-{right}?value=2.014e18"])
    groups.refuse(f"{group}, not paid by this link", "wallet-form", rule, EIP681, f"ethereum:{token}@1/transfer?uint256={number + 1}",
                  f"ethereum:{token}@1/approve?address={right}&uint256=1", f"ethereum:{token}@1/transfer?address={right}&address={token}")
    at = next(at for at, letter in enumerate(right) if at > 1 and letter.isalpha())
    groups.refuse(f"evm {number + 1}, wrong case", "wallet-checksum", "a wrong EIP-55 checksum is refused", EIP55,
                  right[:at] + right[at].swapcase() + right[at + 1 :])
    groups.refuse(f"evm {number + 1}, wrong length", "wallet-form", "twenty bytes", EIP55, right[:-1], right + "0")


def check(version, data):
    return base58.b58encode_check(bytes([version]) + data).decode()


def hashed(groups, number, chain, version, prefix, asset):
    address = check(version, noise(f"{chain} {version} {number}", 20))
    group, canonical = f"{chain} {version} {number + 1}", f"{chain}:{address}"
    rule = "base58 is never lower-cased; the version byte names the chain"
    groups.add(group, canonical, rule, BASE58, [address, f"{prefix}:{address}", f" {address}\n", f"{prefix}:{address}?label=x", f"{prefix.upper()}: {address}"])
    groups.add(group, canonical, "an asset goes with its chain", BASE58, [address], asset=asset)
    groups.refuse(f"{group}, a letter changed", "wallet-checksum", "a wrong checksum is refused", BASE58, mistyped(address))
    groups.refuse(f"{group}, another asset", "asset-mismatch", "an asset that does not go with the form is refused", BASE58, address, asset="XMR")


def mistyped(address):
    """One letter of the middle changed to another that the checksum catches."""
    for at in range(len(address) // 2, len(address)):
        for letter in "2z7K":
            changed = address[:at] + letter + address[at + 1 :]
            raw = base58.b58decode(changed)
            if changed != address and len(raw) == 25:
                try:
                    base58.b58decode_check(changed)
                except ValueError:
                    return changed
    raise ValueError(address)


def bech32m(prefix, version, program):
    """BIP 350, which the package `bech32` was before: the other constant."""
    data = [version] + bech32.convertbits(program, 8, 5)
    values = bech32.bech32_hrp_expand(prefix) + data + [0] * 6
    polymod = bech32.bech32_polymod(values) ^ 0x2BC830A3
    sum_ = [(polymod >> 5 * (5 - at)) & 31 for at in range(6)]
    return prefix + "1" + "".join(bech32.CHARSET[value] for value in data + sum_)


def segwit(groups, number):
    for chain, prefix, name in (("btc", "bc", "bitcoin"), ("ltc", "ltc", "litecoin"), ("btg", "btg", "btg")):
        for length in (20, 32):
            address = bech32.encode(prefix, 0, list(noise(f"{prefix} {length} {number}", length)))
            bech(groups, f"{prefix} v0 {length} {number + 1}", chain, address, name)
    bech(groups, f"bc v1 {number + 1}", "btc", bech32m("bc", 1, list(noise(f"taproot {number}"))), "bitcoin")


def bech(groups, group, chain, address, prefix):
    spellings = [address, address.upper(), f"{prefix}:{address}", f"{prefix}:{address}?amount=1", f"{prefix.upper()}:{address.upper()}", f" {address} "]
    groups.add(group, f"{chain}:{address}", "bech32 has one case or the other", BIP173, spellings)
    last = "q" if address[-1] != "q" else "p"
    groups.refuse(f"{group}, a letter changed", "wallet-checksum", "a wrong checksum is refused", BIP173, address[:-1] + last,
                  address[:-2] + address[-2].upper() + address[-1] if address[-2].isalpha() else address[:6] + address[6].upper() + address[7:] if address[6].isalpha() else address[:-1] + last)


def plain_bech(groups, number):
    for chain, prefix, length in (("cosmos", "cosmos", 20), ("bnb", "bnb", 20), ("cardano", "addr", 57), ("cardano", "addr", 29), ("cardano", "stake", 29)):
        data = noise(f"{prefix} {length} {number}", length)
        if chain == "cardano":
            data = bytes([0xE1 if prefix == "stake" else 0x01 if length == 57 else 0x61]) + data[1:]
        address = bech32.bech32_encode(prefix, bech32.convertbits(list(data), 8, 5))
        groups.add(f"{prefix} {length} {number + 1}", f"{chain}:{address}", "bech32 has one case or the other", "BIP 173, CIP-19",
                   [address, address.upper(), f"{chain}:{address}", f" {address}"])


CASH_GENERATOR = [0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470]


def cashaddr(kind, data):
    """By the pseudocode of the specification."""
    def polymod(values):
        sum_ = 1
        for value in values:
            top = sum_ >> 35
            sum_ = ((sum_ & 0x07FFFFFFFF) << 5) ^ value
            for at, word in enumerate(CASH_GENERATOR):
                if top >> at & 1:
                    sum_ ^= word
        return sum_ ^ 1

    payload = bech32.convertbits([kind << 3, *data], 8, 5)
    rest = polymod([ord(letter) & 31 for letter in "bitcoincash"] + [0] + payload + [0] * 8)
    return "".join(bech32.CHARSET[value] for value in payload + [(rest >> 5 * (7 - at)) & 31 for at in range(8)])


def cash(groups, number):
    for kind, version in ((0, 0x00), (1, 0x05)):
        data = noise(f"bch {kind} {number}", 20)
        address, legacy = cashaddr(kind, data), check(version, data)
        group = f"bch {kind} {number + 1}"
        rule = "the old and the new writing of one Bitcoin Cash address"
        groups.add(group, f"bch:{address}", rule, CASHADDR, [address, address.upper(), f"bitcoincash:{address}", f"bch:{legacy}", f"BITCOINCASH:{address.upper()}"])
        groups.add(group, f"bch:{address}", rule, CASHADDR, [legacy], asset="BCH")
        aware = cashaddr(kind + 2, data)
        groups.add(group, f"bch:{address}", "one that can hold tokens is the same address", CASHTOKENS,
                   [aware, aware.upper(), f"bitcoincash:{aware}", f"bch:{aware}"])
        groups.add(f"btc in place of {group}", f"btc:{legacy}", "without a hint a shared form is Bitcoin's", CASHADDR, [legacy])
        groups.refuse(f"{group}, a letter changed", "wallet-checksum", "a wrong checksum is refused", CASHADDR,
                      address[:-1] + ("q" if address[-1] != "q" else "p"))


def litecoin_script(groups, number):
    data = noise(f"ltc script {number}", 20)
    new, old = check(0x32, data), check(0x05, data)
    group = f"ltc script {number + 1}"
    rule = "the old and the new writing of one Litecoin address"
    groups.add(group, f"ltc:{new}", rule, BASE58, [new, f"litecoin:{old}", f"ltc:{new}"])
    groups.add(group, f"ltc:{new}", rule, BASE58, [old], asset="LTC")


def ripple(groups, number):
    address = base58.b58encode_check(b"\x00" + noise(f"xrp {number}", 20), alphabet=base58.RIPPLE_ALPHABET).decode()
    groups.add(f"xrp {number + 1}", f"xrp:{address}", "the ledger has its own alphabet", XRPL, [address, f"xrp:{address}", f"ripple:{address}"])
    groups.refuse(f"xrp {number + 1}, with a tag", "wallet-form", "a tag says whose an exchange's address is", XRPL, f"xrp:{address}?dt=7")
    account = noise(f"xrp {number}", 20)
    bare = x_address(b"\x05\x44", account, None)
    groups.add(f"xrp {number + 1}", f"xrp:{address}", "an X-address without a tag is the account's address", XLS5, [bare, f"xrp:{bare}", f"xrpl:{bare}"])
    groups.add(f"xrp {number + 1}", f"xrp:{address}", "an X-address without a tag is the account's address", XLS5, [bare], asset="XRP")
    groups.refuse(f"xrp {number + 1}, an X-address with a tag", "wallet-form", "a tag says whose an exchange's address is", XLS5,
                  x_address(b"\x05\x44", account, 7), f"xrp:{x_address(bytes([5, 0x44]), account, 0)}")
    groups.refuse(f"xrp {number + 1}, of a test network", "wallet-testnet", "coins of test networks are worth nothing", XLS5, x_address(b"\x04\x93", account, None))
    groups.refuse(f"xrp {number + 1}, an X-address with a letter changed", "wallet-checksum", "a wrong checksum is refused", XLS5,
                  bare[:-1] + ("r" if bare[-1] != "r" else "p"))


def x_address(network, account, tag):
    rest = bytes(9) if tag is None else b"\x01" + tag.to_bytes(8, "little")
    return base58.b58encode_check(network + account + rest, alphabet=base58.RIPPLE_ALPHABET).decode()


def tron_hex(groups, number):
    data = b"\x41" + noise(f"tron 65 {number}", 20)
    address = base58.b58encode_check(data).decode()
    source = "https://developers.tron.network/docs/account"
    spellings = [data.hex(), data.hex().upper(), f"0x{data.hex()}", f"tron:{data.hex()}", f"TRC-20: {address}"]
    groups.add(f"tron 65 {number + 1}", f"tron:{address}", "hexadecimal digits and base58 are one address", source, spellings)
    groups.add(f"tron 65 {number + 1}", f"tron:{address}", "hexadecimal digits and base58 are one address", source, [data.hex()], asset="USDT")
    groups.refuse(f"tron 65 {number + 1}, another asset", "asset-mismatch", "an asset that does not go with the form is refused", source, data.hex(), asset="ETH")


def solana(groups, number):
    address = base58.b58encode(noise(f"solana {number}")).decode()
    source = "https://solana.com/docs/core/accounts"
    groups.add(f"solana {number + 1}", f"solana:{address}", "a public key without a checksum", source, [address, f"solana:{address}", f"sol:{address}", f" {address} "])
    groups.add(f"solana {number + 1}", f"solana:{address}", "an asset goes with its chain", source, [address], asset="USDC")


def ton(groups, number):
    data = noise(f"ton {number}")
    for workchain in (0, -1):
        spellings = [f"{workchain}:{data.hex()}", f"{workchain}:{data.hex().upper()}"]
        for flag in (0x11, 0x51):
            raw = bytes([flag, workchain & 0xFF]) + data
            raw += binascii.crc_hqx(raw, 0).to_bytes(2, "big")
            spellings += [base64.urlsafe_b64encode(raw).decode(), base64.b64encode(raw).decode(), "ton:" + base64.urlsafe_b64encode(raw).decode(),
                          "ton://transfer/" + base64.urlsafe_b64encode(raw).decode() + "?amount=1000"]
        rule = "bounceable or not, one account"
        groups.add(f"ton {workchain} {number + 1}", f"ton:{workchain}:{data.hex()}", rule, TEP2, spellings)
    last = base64.urlsafe_b64encode(raw).decode()
    groups.refuse(f"ton {number + 1}, with a comment", "wallet-form", "a comment says whose an exchange's address is", "https://docs.ton.org, ton:// links",
                  f"ton://transfer/{last}?amount=1000&text=7")
    wrong = bytes([0x11, 0]) + data + b"\x00\x00"
    groups.refuse(f"ton {number + 1}, a wrong sum", "wallet-checksum", "a wrong checksum is refused", TEP2, base64.urlsafe_b64encode(wrong).decode())


def zcash(groups, number):
    for name, version in (("t1", b"\x1c\xb8"), ("t3", b"\x1c\xbd")):
        address = base58.b58encode_check(version + noise(f"zcash {name} {number}", 20)).decode()
        groups.add(f"zcash {name} {number + 1}", f"zcash:{address}", "two version bytes", "Zcash protocol specification, 5.6.1", [address, f"zcash:{address}", f"zec:{address}"])


def monero(groups, number):
    for name, network, count in (("standard", 18, 64), ("sub-address", 42, 64), ("integrated", 19, 72)):
        data = bytes([network]) + noise(f"monero {name} {number}", count)
        data += hash256(data)[:4]
        address = ""
        for at in range(0, len(data), 8):
            block = data[at : at + 8]
            width = {8: 11, 5: 7}[len(block)]
            address += base58.b58encode_int(int.from_bytes(block, "big")).decode().rjust(width, "1")
        source = "https://docs.getmonero.org/public-address/standard-address/"
        groups.add(f"monero {name} {number + 1}", f"monero:{address}", "base58 in blocks of eight bytes", source, [address, f"monero:{address}", f"xmr:{address}"])
        groups.refuse(f"monero {name} {number + 1}, with a payment id", "wallet-form", "a payment id says whose an exchange's address is",
                      "Monero's URI scheme", f"monero:{address}?tx_amount=1&tx_payment_id=0123456789abcdef")


def refused(groups):
    for version in (0x6F, 0xC4):
        groups.refuse(f"a test network, {version}", "wallet-testnet", "coins of test networks are worth nothing", BASE58, check(version, noise("test", 20)))
    groups.refuse("a test network, bech32", "wallet-testnet", "coins of test networks are worth nothing", BIP173, bech32.encode("tb", 0, list(noise("tb", 20))))
    groups.refuse("a burnt address", "placeholder", "addresses that nobody has the key of are nobody's", "protocol/data/denylist.txt",
                  "0x" + "0" * 40, "0x000000000000000000000000000000000000dEaD", "1BitcoinEaterAddressDontSendf59kuE")
    groups.refuse("a token's contract", "placeholder", "people copy the contract of a token in place of their own address", "protocol/data/denylist.txt",
                  "0xdAC17F958D2ee523a2206206994597C13D831ec7", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
                  "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "So11111111111111111111111111111111111111112")
    groups.refuse("the chain itself", "placeholder", "addresses that nobody has the key of are nobody's", "protocol/data/denylist.txt",
                  "EQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAM9c", "TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy", "rrrrrrrrrrrrrrrrrNAMEtxvNvQ",
                  "bitcoincash:qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqfnhks603")
    groups.refuse("an unknown chain", "wallet-chain-unknown", "only known chains", "docs/kinds/wallet.md", "dogwifhat:abc", "nosuch:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2")
