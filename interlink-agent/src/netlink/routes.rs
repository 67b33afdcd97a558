//! Reading routes: ours in full, others' by their number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use interlink_core::family::Family;
use interlink_core::name::InterfaceName;
use interlink_core::state::routes::Builder;
use interlink_core::state::{Interface, Path, ROUTE_PROTOCOL, Routes, TableNumber};
use netlink_packet_core::{DecodeError, Parseable};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::{RouteHeader, RouteMessage, RouteProtocol};

use super::Netlink;
use super::dump::Dumps;
use super::error::NetlinkError;
use super::row;

/// The routes of a network namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dumped {
    /// Those of our protocol, of any table and type.
    ///
    /// A key that the kernel holds in a form which [`Netlink::add_routes`] never writes leads along [`Path::Other`]:
    /// another type than `unicast`, a hop without a gateway or on an interface that isn't known, other weights, a
    /// `tos`, a `src`, an `mtu`, or several rows of IPv4 with the same key.
    pub ours: Arc<Routes>,
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
    ) -> Result<Dumped, NetlinkError> {
        self.watch(tables.iter().copied());
        let names = interfaces
            .iter()
            .map(|(name, interface)| (interface.index, name))
            .collect();
        let mut builder = Builder::default();
        let mut foreign = 0_usize;
        let mut dumps = self.dumps.lock().await;
        for family in Family::ALL {
            dumps
                .routes(family, None, true, |message| {
                    if let Some(row::Row { key, path }) = row::read(&message, &names) {
                        let path = builder.paths.number(&path);
                        builder.push(key, path);
                    }
                })
                .await?;
            for table in tables {
                foreign = foreign.saturating_add(dumps.count_foreign(family, *table).await?);
            }
        }
        drop(dumps);
        // IPv6 dumps begin anew when the table changes, so an equal row may come twice.
        let ours = builder.finish(|one, other| if one == other { one.clone() } else { Path::Other });
        self.watch_only(tables.iter().copied().chain(ours.tables()));
        Ok(Dumped {
            ours: Arc::new(ours),
            foreign,
        })
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
