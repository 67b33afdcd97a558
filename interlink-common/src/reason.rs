//! The one list of what can become of a packet.
//!
//! The program counts by these numbers; the command line, the metrics and the documents print these names and
//! sentences. A reason's number is part of the ABI.

/// What the network does with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The packet goes on into the kernel.
    Pass,
    /// The packet ends here.
    Drop,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $verdict:ident, $summary:literal, $next:literal;)*) => {
        /// Why a packet passed or was dropped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum Reason {
            $(#[doc = $summary] $(#[$doc])* $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The reason with that number, or none if this version doesn't know it.
            // Not a look-up in `ALL`: the verifier can't follow its bounds check in the program.
            pub const fn from_code(code: u32) -> Option<Self> {
                match code {
                    $(code if code == Self::$variant as u32 => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The name in counters, metrics and `--json`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What becomes of the packet.
            pub const fn verdict(self) -> Verdict {
                match self { $(Self::$variant => Verdict::$verdict,)* }
            }

            /// One sentence: what this is.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// One sentence: what an operator who doesn't want it does next. Empty for what passes.
            pub const fn next_step(self) -> &'static str {
                match self { $(Self::$variant => $next,)* }
            }
        }
    };
}

reasons! {
    Allowed = "allowed", Pass,
        "the source is a remote prefix and the destination a local one",
        "";
    Arp = "arp", Pass,
        "ARP between the two routers of the link",
        "";
    NeighbourDiscovery = "neighbour_discovery", Pass,
        "IPv6 neighbour discovery between the two routers of the link",
        "";
    Bgp = "bgp", Pass,
        "TCP of the BGP session between the two interconnect addresses",
        "";
    Icmp = "icmp", Pass,
        "an echo or an ICMP error from the peer's interconnect address to ours",
        "";
    Bfd = "bfd", Pass,
        "BFD from the peer's interconnect address to ours",
        "";
    IcmpError = "icmp_error", Pass,
        "an ICMP error from outside the remote prefixes about a packet that came from a local prefix and went to a remote one",
        "";
    Lldp = "lldp", Pass,
        "LLDP, which the NIC's section asks for",
        "";
    Lacp = "lacp", Pass,
        "LACP, which the NIC's section asks for",
        "";
    OtherVlan = "other_vlan", Pass,
        "a frame of no link, on a NIC whose section shares it with others",
        "";
    Truncated = "truncated", Drop,
        "the frame ends inside a header",
        "look for a broken device or a wrong MTU on the physical link";
    UnknownEthertype = "unknown_ethertype", Drop,
        "neither IPv4, IPv6 nor ARP, nor what the NIC's section asks for",
        "an InterLink carries IP only: stop the sender, or move that protocol to another port";
    TooManyTags = "too_many_tags", Drop,
        "more than two VLAN tags",
        "check the tagging of the switch between the two routers";
    UnknownVlan = "unknown_vlan", Drop,
        "no link is configured for this VLAN id on this NIC",
        "compare the `vlan` of the link with what the other side sends; if others share the NIC, say so with `other_vlans`";
    HeaderInvalid = "header_invalid", Drop,
        "an IP header whose version or lengths contradict each other or the frame",
        "look for a broken sender or a scan";
    OwnSource = "own_source", Drop,
        "the source is our own interconnect address",
        "look for a second device with that address, a loop, or a forger";
    MartianSource = "martian_source", Drop,
        "the source is an address that no host sends from: unspecified, loopback, multicast, broadcast or IPv4-mapped",
        "look for a broken sender or a forger; no policy lets such a source pass";
    MartianDestination = "martian_destination", Drop,
        "the destination is an address of no single host: unspecified, loopback, multicast, broadcast or IPv4-mapped",
        "an InterLink carries unicast only: stop the sender";
    ArpForeign = "arp_foreign", Drop,
        "ARP for an address outside the interconnect subnet, or in the name of our own",
        "check the interconnect addresses of both routers";
    NeighbourDiscoveryForeign = "neighbour_discovery_foreign", Drop,
        "ICMPv6 to a link-local or multicast address that is no neighbour discovery between the two routers",
        "check the interconnect addresses of both routers; router advertisements and redirects never pass";
    IcmpErrorForged = "icmp_error_forged", Drop,
        "an ICMP error from outside the remote prefixes that quotes no packet of ours, or too little of it",
        "look for a forger; if that router is to be trusted, add its prefix to the filter of the far side's routes";
    RateLimited = "rate_limited", Drop,
        "more ARP, neighbour discovery, ICMP, LLDP or LACP than one link may have",
        "look for a loop or a flood on the physical link";
    LinkStatus = "link_status", Drop,
        "the status of the link allows no traffic",
        "see the status with `interlink-agent status`: traffic needs `active` or `limited_connectivity`";
    NoVpc = "no_vpc", Drop,
        "no VPC is attached to the link",
        "attach a VPC";
    NoRoutingPolicy = "no_routing_policy", Drop,
        "no routing policy of this IP family is attached to the link",
        "attach a routing policy of this family";
    PropagationDisabled = "propagation_disabled", Drop,
        "route propagation is disabled",
        "enable route propagation";
    NoInterconnect = "no_interconnect", Drop,
        "the interconnect addresses of this family are not known for both routers",
        "give both routers an address of this family in `scw_bgp_config` and `peer_bgp_config`";
    BgpDown = "bgp_down", Drop,
        "the BGP session of this family is not established",
        "check the peer, its ASN and the interconnect addresses";
    SourceNotAllowed = "source_not_allowed", Drop,
        "the source is in no remote prefix of the routing policy",
        "if it should pass, add its prefix to the filter of the far side's routes";
    DestinationNotAllowed = "destination_not_allowed", Drop,
        "the destination is in no local prefix of the routing policy",
        "if it should pass, add its prefix to the filter of this side's routes";
    NoTables = "no_tables", Drop,
        "the program found no state for the link where its own tables say there is one",
        "restart the agent: it repairs its tables, or says what stops it";
}

impl Reason {
    /// How many there are.
    #[expect(clippy::cast_possible_truncation, reason = "a list that is written by hand")]
    pub const COUNT: u32 = Self::ALL.len() as u32;

    /// The number that the ABI knows it by.
    pub const fn code(self) -> u32 {
        self as u32
    }
}
