//! Reading routes: ours in full, others' by their number.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use interlink_core::family::Family;
use interlink_core::name::InterfaceName;
use interlink_core::state::{Interface, ROUTE_PROTOCOL, Route, RouteKey, TableNumber};
use netlink_packet_core::{DecodeError, Parseable};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::{RouteHeader, RouteMessage, RouteProtocol};

use super::Netlink;
use super::dump::Dumps;
use super::error::NetlinkError;
use super::row;

/// The routes of a network namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// Those of our protocol, of any table and type.
    ///
    /// A key that the kernel holds in a form which [`Netlink::add_routes`] never writes has no next hops here, so that
    /// it equals no route that anyone wants: another type than `unicast`, a hop without a gateway or on an interface
    /// that isn't known, other weights, a `tos`, a `src`, an `mtu`, or several rows of IPv4 with the same key.
    pub ours: BTreeMap<RouteKey, Route>,
    /// How many routes of other protocols are in the tables that were asked about, the kernel's own included. An IPv6
    /// multipath route counts once.
    pub foreign: usize,
}

impl Netlink {
    /// Dumps the routes of both families: ours from all tables, the number of others' from `tables`.
    ///
    /// The names of next hops' interfaces are those of `interfaces`. A row that changes meanwhile may be missed or be
    /// read as it was: its notification then comes after the dump's end.
    pub async fn routes(
        &self,
        interfaces: &BTreeMap<InterfaceName, Interface>,
        tables: &BTreeSet<TableNumber>,
    ) -> Result<Routes, NetlinkError> {
        self.watch(tables.iter().copied());
        let names = interfaces
            .iter()
            .map(|(name, interface)| (interface.index, name))
            .collect();
        let mut routes = Routes::default();
        let mut dumps = self.dumps.lock().await;
        for family in Family::ALL {
            dumps
                .routes(family, None, true, |message| {
                    if let Some(row) = row::read(&message, &names) {
                        collect(&mut routes.ours, row);
                    }
                })
                .await?;
            for table in tables {
                routes.foreign += dumps.count_foreign(family, *table).await?;
            }
        }
        drop(dumps);
        self.watch_only(tables.iter().copied().chain(routes.ours.keys().map(|key| key.table)));
        Ok(routes)
    }
}

impl Dumps {
    /// Dumps a family's routes from one table or all, ours or all.
    pub(super) async fn routes(
        &mut self,
        family: Family,
        table: Option<TableNumber>,
        ours: bool,
        mut each: impl FnMut(RouteMessage) + Send,
    ) -> Result<(), NetlinkError> {
        self.rows("dumping routes", family, table, ours, |payload| {
            let message = RouteMessage::parse(payload)?;
            if !ours || is_ours(&message.header) {
                each(message);
            }
            Ok(())
        })
        .await
    }

    async fn count_foreign(&mut self, family: Family, table: TableNumber) -> Result<usize, NetlinkError> {
        let mut foreign = 0;
        self.rows("counting others' routes", family, Some(table), false, |payload| {
            if !is_ours(&RouteHeader::parse(payload)?) {
                foreign += 1;
            }
            Ok(())
        })
        .await?;
        Ok(foreign)
    }

    async fn rows(
        &mut self,
        doing: &'static str,
        family: Family,
        table: Option<TableNumber>,
        ours: bool,
        row: impl FnMut(&[u8]) -> Result<(), DecodeError> + Send,
    ) -> Result<(), NetlinkError> {
        let request = RouteNetlinkMessage::GetRoute(row::filter(family, table, ours));
        match self.run(doing, request, row).await {
            // A table is there from its first route on.
            Err(NetlinkError::Refused { refusal, .. }) if refusal.errno.0 == libc::ENOENT && table.is_some() => Ok(()),
            other => other,
        }
    }
}

fn is_ours(header: &RouteHeader) -> bool {
    header.protocol == RouteProtocol::from(ROUTE_PROTOCOL)
}

/// Adds a row. IPv6 dumps begin anew when the table changes, so an equal row may come twice.
fn collect(routes: &mut BTreeMap<RouteKey, Route>, row: row::Row) {
    let row::Row { key, next_hops } = row;
    let next_hops = next_hops.unwrap_or_default();
    match routes.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(Route { key, next_hops });
        }
        Entry::Occupied(mut entry) => {
            if entry.get().next_hops != next_hops {
                entry.get_mut().next_hops.clear();
            }
        }
    }
}
