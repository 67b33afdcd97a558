// The product's own JavaScript SDK, unmodified, against a controller: it creates, configures, lists with pages and
// filters, waits and deletes. Arguments: the controller's URL, its program and its database, for the
// partner's command, and the folder that the SDK is installed in.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, program, database, modules] = process.argv.slice(2);
// The packages lie below target/, not beside this file.
const { resolve } = createRequire(`${modules}/package.json`);
const load = (name) => import(pathToFileURL(resolve(name)).href);
const { createClient } = await load("@scaleway/sdk-client");
const { Interlinkv1beta1 } = await load("@scaleway/sdk-interlink");

const partner = (act, link) => execFileSync(program, ["partner", act, link, "--database", database]);
const client = createClient({
  apiURL: url,
  accessKey: "SCWXXXXXXXXXXXXXXXXX",
  secretKey: "11111111-2222-4333-8444-555555555555",
  defaultProjectId: "00000000-0000-0000-0000-0000000000ab",
  defaultRegion: "fr-par",
});
const api = new Interlinkv1beta1.API(client);

const { pops } = await api.listPops({ name: "DC5" });
assert.equal(pops.length, 1);
const { partners } = await api.listPartners({ popIds: [pops[0].id] });
const franceIx = partners.find(({ name }) => name === "FranceIX");
const { connections } = await api.listDedicatedConnections({ status: "active" });
assert.equal((await api.getDedicatedConnection({ connectionId: connections[0].id })).name, "rack-12");
assert.equal((await api.getPop({ popId: pops[0].id })).name, "DC5");
assert.equal((await api.getPartner({ partnerId: franceIx.id })).name, "FranceIX");

const order = { popId: pops[0].id, bandwidthMbps: 100, partnerId: franceIx.id };
const link = await api.createLink({ ...order, name: "sdk", tags: ["sdk"] });
assert.equal(link.status, "requested");
assert.ok(link.createdAt instanceof Date && link.partner.pairingKey);
const policy = (name) =>
  api.createRoutingPolicy({ name, isIpv6: false, prefixFilterIn: ["10.20.0.0/16"], prefixFilterOut: ["172.16.4.0/22"] });
const [first, second] = [await policy("first"), await policy("second")];
const linkId = link.id;
assert.equal((await api.attachVpc({ linkId, vpcId: "00000000-0000-0000-0000-000000000031" })).vpcId.slice(-2), "31");
assert.equal((await api.attachRoutingPolicy({ linkId, routingPolicyId: first.id })).routingPolicyV4Id, first.id);
assert.equal((await api.setRoutingPolicy({ linkId, routingPolicyId: second.id })).routingPolicyV4Id, second.id);
assert.equal((await api.enableRoutePropagation({ linkId })).enableRoutePropagation, true);
partner("approve", linkId);
partner("complete", linkId);
assert.equal((await api.waitForLink({ linkId }, { minDelay: 1, maxDelay: 1 })).status, "all_down");
assert.equal((await api.updateLink({ linkId, name: "renamed" })).name, "renamed");
const edited = await api.updateRoutingPolicy({ routingPolicyId: first.id, prefixFilterIn: [] });
assert.deepEqual(edited.prefixFilterIn, []);
assert.equal((await api.getRoutingPolicy({ routingPolicyId: first.id })).name, "first");

const others = [];
for (let number = 0; number < 5; number += 1) others.push(await api.createLink({ ...order, name: `page-${number}` }));
const all = await api.listLinks({ name: "page-", pageSize: 2, orderBy: "name_desc" }).all();
assert.deepEqual(all.map(({ name }) => name), ["page-4", "page-3", "page-2", "page-1", "page-0"]);
assert.equal((await api.listLinks({ tags: ["sdk"], bgpV4Status: "down", kind: "hosted" })).totalCount, 1);
assert.equal((await api.listRoutingPolicies({ ipv6: true })).totalCount, 0);

const refused = async (name, ask) => assert.rejects(ask, (error) => error.constructor.name === name || error.name === name);
await refused("InvalidArgumentsError", () => api.createLink({ ...order, name: "bad", bandwidthMbps: 99 }));
await refused("PreconditionFailedError", () => api.deleteRoutingPolicy({ routingPolicyId: second.id }));
await refused("ResourceNotFoundError", () => api.getLink({ linkId: "99999999-9999-4999-8999-999999999999" }));

assert.equal((await api.disableRoutePropagation({ linkId })).enableRoutePropagation, false);
assert.equal((await api.detachRoutingPolicy({ linkId, routingPolicyId: second.id })).routingPolicyV4Id, undefined);
assert.equal((await api.detachVpc({ linkId })).vpcId, undefined);
for (const { id } of others) assert.equal((await api.deleteLink({ linkId: id })).status, "deleted");
assert.equal((await api.deleteLink({ linkId })).status, "deprovisioning");
partner("delete", linkId);
await refused("ResourceNotFoundError", () => api.getLink({ linkId }));
for (const { id } of [first, second]) await api.deleteRoutingPolicy({ routingPolicyId: id });
assert.equal((await api.listLinks()).totalCount, 0);
console.log("the SDK's walk is done");
