//! Which addresses are on the public internet. Everything else could be a machine of the operator.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether calls may go there.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Not in IANA's registry of special-purpose addresses:
/// `https://www.iana.org/assignments/iana-ipv4-special-registry/`, read 2026-08.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network; private; loopback; multicast, reserved and broadcast.
        (0 | 10 | 127 | 224..=255, _, _) => true,
        // Carrier-grade NAT.
        (100, 64..=127, _) => true,
        // Link-local, where clouds keep their metadata.
        (169, 254, _) => true,
        (172, 16..=31, _) | (192, 168, _) => true,
        // Protocol assignments, documentation, the old relays of 6to4.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113) => true,
        // Benchmarks.
        (198, 18 | 19, _) => true,
        _ => false,
    };
    !special
}

/// Only global unicast, `2000::/3`, and of that nothing that stands for another address or for none.
///
/// What is outside of it needs no list: loopback, mapped and translated IPv4 (`::ffff:0:0/96`, `64:ff9b::/96`), unique
/// local, link-local, multicast.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let special = match (first, second) {
        // Protocol assignments, Teredo among them; documentation; 6to4; documentation again.
        (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff) => true,
        _ => false,
    };
    first & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_told_from_all_others() {
        let table = [
            (
                true,
                "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
                 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.88.98.255 \
                 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 203.0.112.255 203.0.114.0 \
                 223.255.255.255 2606:4700:4700::1111 2a03:2880:f12d:83:face:b00c::25de 2001:200::1 2001:4860::8888 \
                 2003::1 3ffe::1 3fff:1000::1",
            ),
            (
                false,
                "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.254 \
                 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.171 192.0.2.1 192.88.99.1 \
                 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 \
                 255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::808:808 64:ff9b:1::1 100::1 \
                 2001::1 2001:0:53aa:64c::1 2001:2::1 2001:10::1 2001:20::1 2001:1ff::1 2001:db8::1 2002:7f00:1::1 \
                 2002:808:808::1 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1",
            ),
        ];
        for (expected, addresses) in table {
            for address in addresses.split_whitespace() {
                let parsed = address.parse().expect(address);
                assert_eq!(is_public(parsed), expected, "{address}");
            }
        }
    }
}
