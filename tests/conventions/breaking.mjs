// What changed from one schema to another, by graphql-inspector: `node breaking.mjs OLD NEW`.
// Prints what breaks clients and ends with 1 if anything does. What was deprecated may go.

import { readFile } from "node:fs/promises";
import { CriticalityLevel, DiffRule, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const [before, after] = await Promise.all(
  process.argv.slice(2).map(async (path) => buildSchema(await readFile(path, "utf8"))),
);
const changes = await diff(before, after, [DiffRule.suppressRemovalOfDeprecatedField]);
const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
for (const { message } of breaking) console.log(message);
process.exitCode = breaking.length ? 1 : 0;
