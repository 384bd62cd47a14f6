// Apollo Client, unmodified, names its documents by their hash and by the list of a build.
// node persisted.mjs ADDRESS KEY LIMITED_KEY MANIFEST

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

const [address, key, limited, manifest] = process.argv.slice(2);
const SCOPE = gql`query Scope { viewer { scope } }`;
const OTHER = gql`query Other { viewer { scope timeZone } }`;

const seen = [];
const watched = async (url, init) => {
  const answer = await fetch(url, init);
  seen.push(`${init.method} ${answer.status}`);
  return answer;
};

async function ask(bearer, options, query) {
  const http = new HttpLink({
    uri: address,
    fetch: watched,
    headers: { authorization: `Bearer ${bearer}` },
  });
  const link = new PersistedQueryLink(options).concat(http);
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  try {
    const { data } = await client.query({ query });
    return { scope: data.viewer.scope, requests: seen.splice(0) };
  } catch (failed) {
    return { code: failed.errors?.[0].extensions.code, requests: seen.splice(0) };
  }
}

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const { operations } = JSON.parse(readFileSync(manifest, "utf8"));
const ids = Object.fromEntries(operations.map(({ id, name }) => [name, id]));
const generateHash = (document) => ids[document.definitions[0].name.value] ?? "0".repeat(64);

const told = {
  first: await ask(key, { sha256 }, OTHER),
  again: await ask(key, { sha256 }, OTHER),
  got: await ask(key, { sha256, useGETForHashedQueries: true }, OTHER),
  trusted: await ask(limited, { generateHash }, SCOPE),
  other: await ask(limited, { generateHash }, OTHER),
};
console.log(JSON.stringify(told));
