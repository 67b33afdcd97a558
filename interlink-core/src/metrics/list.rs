//! The one list of metrics, which dashboards and rules are tested against.

/// What a metric does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows while the agent, or what it counts in the kernel, lives.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// What it is, in one sentence.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($name:ident = $kind:ident $text:literal, $help:literal;)*) => {
        $(pub(super) const $name: Metric = Metric { name: $text, kind: Kind::$kind, help: $help };)*

        /// Every metric, in the order in which they are told.
        pub const ALL: &[Metric] = &[$($name,)*];
    };
}

metrics! {
    BUILD_INFO = Gauge "interlink_build_info", "Always 1; its label says which version runs.";
    STATE = Gauge "interlink_agent_state", "1 for the state that the agent is in, 0 for the others.";
    TROUBLES = Gauge "interlink_troubles", "How much stands in the way of what should be enforced; status has it in words.";
    SOURCE_AGE = Gauge "interlink_source_age_seconds", "How long ago the source last said something usable. A file is read when it changes.";
    SOURCE_FAILED = Gauge "interlink_source_failed", "1 while what the source says is not in force because it can't be used.";
    SOURCE_FAILURES = Counter "interlink_source_failures_total", "How often the source began to say nothing usable, or another reason for that.";
    TRIAL = Gauge "interlink_trial_active", "1 while a configuration is on trial and will be undone unless it is confirmed.";
    PLANS = Counter "interlink_plans_total", "Plans that had something to do.";
    DRIFTS = Counter "interlink_drifts_total", "Plans that put back what somebody else had changed.";
    LOOKS = Counter "interlink_observations_total", "Looks at what the kernel holds.";
    FAILED_LOOKS = Counter "interlink_observation_failures_total", "Looks at what the kernel holds that failed.";
    STEPS = Counter "interlink_plan_steps_total", "Steps of plans by kind, and whether they were taken or failed.";
    ADOPTED = Gauge "interlink_adopted_nics", "NICs that the agent found protected when it started.";
    FOREIGN_ROUTES = Gauge "interlink_foreign_routes", "Routes of others in the tables of the VPCs.";
    FOREIGN_RULES = Gauge "interlink_foreign_rules", "Rules of others that look up the tables of the VPCs.";
    PACKETS = Counter "interlink_packets_total", "Packets that came in, by what became of them and why. Without a link they belong to none.";
    PACKET_BYTES = Counter "interlink_packet_bytes_total", "Bytes of these packets, from the Ethernet header on.";
    NIC_PROTECTED = Gauge "interlink_nic_protected", "1 while our program judges every packet of the NIC.";
    NIC_LINKS = Gauge "interlink_nic_links", "Links in the tables of the NIC.";
    NIC_MODE = Gauge "interlink_nic_mode", "1 for the mode that the program runs in, 0 for the others.";
    TABLE_MEMORY = Gauge "interlink_table_memory_bytes", "Memory of the kernel that each table of a NIC takes.";
    LINK_INFO = Gauge "interlink_link_info", "Always 1; its labels say where the link is and what its status is.";
    GATE_OPEN = Gauge "interlink_gate_open", "1 while every condition for traffic of the family is met.";
    GATE_ENFORCED = Gauge "interlink_gate_enforced", "1 while the kernel holds exactly what the family should have.";
    CONDITION_MET = Gauge "interlink_gate_condition_met", "1 while the condition is met.";
    POLICY_PREFIXES = Gauge "interlink_policy_prefixes", "Prefixes of the routing policy, across the link (remote) and on this side (local).";
    ROUTES_WANTED = Gauge "interlink_routes_wanted", "Routes that should be in the kernel.";
    ROUTES_INSTALLED = Gauge "interlink_routes_installed", "Routes that should be in the kernel, and are.";
    ROUTES_REFUSED = Gauge "interlink_routes_refused", "Routes that the kernel refused; they are tried again.";
    SESSION_STATE = Gauge "interlink_bgp_session_state", "1 for the state that the session is in, as RFC 4271 calls it, 0 for the others.";
    SESSION_SECONDS = Gauge "interlink_bgp_session_state_seconds", "For how long the session is established, or isn't.";
    SESSION_ESTABLISHED = Counter "interlink_bgp_session_establishments_total", "How often the session was established.";
    SESSION_STOPPED = Gauge "interlink_bgp_session_stopped", "1 while the session isn't to run, by configuration or for too many prefixes.";
    BGP_RECEIVED = Gauge "interlink_bgp_received_prefixes", "Prefixes that the peer announces, as far as they are kept.";
    BGP_ACCEPTED = Gauge "interlink_bgp_accepted_prefixes", "Prefixes of the peer that are used.";
    BGP_STALE = Gauge "interlink_bgp_stale_prefixes", "Prefixes from before a restart that the peer hasn't announced again yet.";
    BGP_ANNOUNCED = Gauge "interlink_bgp_announced_prefixes", "Prefixes that the peer was told.";
    BGP_OVER_LIMIT = Gauge "interlink_bgp_over_limit_prefixes", "Announcements of the peer that weren't kept, as they are more than the maximum.";
    BGP_REJECTED = Gauge "interlink_bgp_rejected_prefixes", "Prefixes of the peer that aren't used, by the reason.";
    CPU_SECONDS = Counter "process_cpu_seconds_total", "Time that the agent spent on processors, in seconds.";
    RESIDENT_MEMORY = Gauge "process_resident_memory_bytes", "Memory that the agent takes.";
    OPEN_FDS = Gauge "process_open_fds", "File descriptors that the agent has open.";
    START_TIME = Gauge "process_start_time_seconds", "When the agent was started, in seconds since 1970.";
}
