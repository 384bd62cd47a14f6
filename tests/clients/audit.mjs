// Runs the official audit of GraphQL over HTTP against a server, and prints what it found.
// node audit.mjs ADDRESS KEY

import { auditServer } from "graphql-http";

const [address, key] = process.argv.slice(2);
const asOwner = (url, init = {}) =>
  fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } });

const found = await auditServer({ url: address, fetchFn: asOwner });
const told = await Promise.all(
  found.map(async ({ id, name, status, reason, response }) => ({
    id,
    name,
    status,
    reason: reason ?? null,
    answered: response ? `${response.status} ${await response.text().catch(() => "")}` : null,
  })),
);
console.log(JSON.stringify(told));
