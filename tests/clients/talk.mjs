// Talks to a server through one of the real clients and prints, as JSON, what they made of it:
//   node talk.mjs graphql-ws|graphql-sse|graphql-sse-single <address> <admin key>

import { connect, createServer } from "node:net";

import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import WebSocket from "ws";

const FOLLOW = `subscription ($after: SyncCursor, $runId: ID) {
  syncEvents(after: $after, runId: $runId) {
    ... on SyncEvent { seq cursor stage status run { id } }
    ... on SyncStreamReset { oldest }
  }
}`;
const LAST = "{ syncEvents(last: 1) { nodes { cursor } } }";
const SINCE = "query ($after: SyncCursor) { syncEvents(first: 200, after: $after) { nodes { seq } } }";
const SOURCES = "{ syncSources { id provider } }";
const BUSY = "{ syncSources { activeRun { id } } }";
const TRIGGER = `mutation ($id: ID!) {
  triggerSync(input: { sourceId: $id }) { run { id } errors { message } }
}`;
const CREATE = 'mutation { createApiKey(input: { name: "doomed" }) { key apiKey { id } } }';
const REVOKE = "mutation ($id: ID!) { revokeApiKey(id: $id) { errors { message } } }";

/** A way to the server that can be cut, as a network is. */
async function wayTo(address) {
  const { hostname, port } = new URL(address);
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(port, hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => sockets.delete(one) && other.destroy());
      one.pipe(other);
    }
  }).unref();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    cut: () => sockets.forEach((socket) => socket.destroy()),
  };
}

/** Each client, told to try nothing twice, so that cuts are seen. */
const CLIENTS = {
  "graphql-ws": (address, connectionParams) =>
    createWs({
      url: `${address.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams,
      retryAttempts: 0,
    }),
  "graphql-sse": (address, headers) =>
    createSse({ url: `${address}/graphql`, headers, retryAttempts: 0 }),
  "graphql-sse-single": (address, headers) =>
    createSse({ url: `${address}/graphql`, headers, retryAttempts: 0, singleConnection: true }),
};

const [kind, address, key] = process.argv.slice(2);
const open = (to = address, held = key) => CLIENTS[kind](to, { Authorization: `Bearer ${held}` });

/** The one result of a query or mutation. */
async function ask(client, query, variables = {}) {
  for await (const result of client.iterate({ query, variables })) return result;
}

/** Follows from a cursor until `enough`, then cuts the connection; gives what came. */
async function follow(after, enough) {
  const way = await wayTo(address);
  const client = open(way.address);
  const events = [];
  try {
    for await (const { data, errors } of client.iterate({ query: FOLLOW, variables: { after } })) {
      if (errors) throw new Error(JSON.stringify(errors));
      events.push(data.syncEvents);
      if (enough(events)) way.cut();
    }
  } catch (error) {
    if (!enough(events)) throw error;
  }
  client.dispose();
  return events;
}

async function syncs(report) {
  const client = open();
  // What the schedule begins at the start is over: it would be joined, however far it has come.
  const busy = async () => (await ask(client, BUSY)).data.syncSources.some((each) => each.activeRun);
  const last = async () => (await ask(client, LAST)).data.syncEvents.nodes[0];
  while (!(await last()) || (await busy())) await new Promise((resolve) => setTimeout(resolve, 100));
  const before = await last();
  const { data } = await ask(client, SOURCES);
  const { id } = data.syncSources.find(({ provider }) => provider === "lastfm");
  const triggered = await ask(client, TRIGGER, { id });
  const run = triggered.data.triggerSync.run.id;
  const over = ({ stage, run: { id } }) => id === run && stage === "COMPLETED";
  let after = before.cursor;
  report.events = [];
  while (!report.events.some(over)) {
    const found = await follow(after, (events) => events.length >= 2 || events.some(over));
    report.events.push(...found);
    after = report.events.at(-1).cursor;
  }
  const listed = await ask(client, SINCE, { after: before.cursor });
  report.listed = listed.data.syncEvents.nodes.map(({ seq }) => seq);
  report.whole = [];
  for await (const { data } of client.iterate({
    query: FOLLOW,
    variables: { after: before.cursor, runId: run },
  })) {
    report.whole.push(data.syncEvents.seq);
  }
  client.dispose();
}

async function several(report) {
  const client = open();
  const scope = "{ viewer { scope } }";
  const asked = Array.from({ length: 5 }, () => ask(client, scope));
  report.scopes = (await Promise.all(asked)).map(({ data }) => data.viewer.scope);
  try {
    report.invalid = (await ask(client, "{ nobody }")).errors;
  } catch (error) {
    // The socket's client throws the errors; in single connection mode, the answer that has them.
    report.invalid = error.response?.status ?? error;
  }
  report.after = (await ask(client, scope)).data.viewer.scope;
  client.dispose();
}

async function revoked(report) {
  const client = open();
  const { data } = await ask(client, CREATE);
  const { key: doomed, apiKey } = data.createApiKey;
  const theirs = open(address, doomed);
  report.revoked = [];
  const following = theirs.iterate({ query: FOLLOW, variables: {} });
  const first = following.next();
  await ask(theirs, "{ viewer { scope } }");
  await ask(client, REVOKE, { id: apiKey.id });
  try {
    for (let each = await first; !each.done; each = await following.next()) {
      report.revoked.push(...(each.value.errors ?? []).map(({ extensions }) => extensions.code));
    }
  } catch (error) {
    report.closed = [error.code, error.reason];
  }
  theirs.dispose();
  client.dispose();
}

async function refused(report) {
  const client = open(address, "rw_nonsense");
  try {
    await ask(client, "{ viewer { scope } }");
  } catch (error) {
    report.refused = error.code ?? error.response.status;
  }
  client.dispose();
}

const report = {};
for (const scene of [syncs, several, revoked, refused]) await scene(report);
console.log(JSON.stringify(report));
