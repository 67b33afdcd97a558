//! The configuration at each step of the walk.

/// Which steps have been taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps {
    pub(super) active: bool,
    pub(super) vpc: bool,
    pub(super) policies: bool,
    pub(super) propagation: bool,
}

impl Steps {
    pub(super) const fn all() -> Self {
        Self {
            active: true,
            vpc: true,
            policies: true,
            propagation: true,
        }
    }

    /// The gateway's configuration: the provider's end of one untagged static link.
    pub(super) fn text(self) -> String {
        let status = if self.active { "active" } else { "requested" };
        let vpc = if self.vpc { "vpc = \"prod\"\n" } else { "" };
        let policies = if self.policies {
            "routing_policy_v4 = \"prod-v4\"\nrouting_policy_v6 = \"prod-v6\"\n"
        } else {
            ""
        };
        let propagation = self.propagation;
        format!(
            r#"[agent]
role = "provider"

[[vpc]]
name = "prod"
table = 100

[[routing_policy]]
name = "prod-v4"
prefix_filter_in  = ["10.20.0.0/16"]
prefix_filter_out = ["172.16.4.0/22"]

[[routing_policy]]
name = "prod-v6"
is_ipv6 = true
prefix_filter_in  = ["2001:db8:20::/48"]
prefix_filter_out = ["2001:db8:4::/64"]

[[link]]
name = "paris"
interface = "link0"
status = "{status}"
{vpc}{policies}enable_route_propagation = {propagation}
scw_bgp_config  = {{ ipv4 = "169.254.0.100/31", ipv6 = "fd00::/127" }}
peer_bgp_config = {{ ipv4 = "169.254.0.101/31", ipv6 = "fd00::1/127" }}
"#
        )
    }
}
