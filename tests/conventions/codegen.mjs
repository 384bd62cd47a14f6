// Types by graphql-codegen, of the whole schema and of documents: `node codegen.mjs SCHEMA DOCUMENTS`.
// DOCUMENTS is a JSON list of operations, as text; each gets a name if it has none.

import { readFile, writeFile } from "node:fs/promises";
import { codegen } from "@graphql-codegen/core";
import * as typedDocuments from "@graphql-codegen/typed-document-node";
import * as types from "@graphql-codegen/typescript";
import * as operations from "@graphql-codegen/typescript-operations";
import { Kind, parse } from "graphql";

const [schemaPath, documentsPath] = process.argv.slice(2);
const schema = parse(await readFile(schemaPath, "utf8"));
const texts = JSON.parse(await readFile(documentsPath, "utf8"));
const named = (text, number) => {
  const document = parse(text);
  const [operation] = document.definitions;
  operation.name ??= { kind: Kind.NAME, value: `Recipe${number}` };
  return { location: `recipe ${number}`, document };
};

const scalars = {
  DataVersion: "string",
  Date: "string",
  DateTime: "string",
  JSON: "unknown",
  SyncCursor: "string",
  UUID: "string",
};
const config = { scalars, strictScalars: true, useTypeImports: true };

/** Writes what these plugins make. */
async function write(filename, documents, pluginMap) {
  const plugins = Object.keys(pluginMap).map((name) => ({ [name]: {} }));
  const content = await codegen({ schema, documents, filename, config, pluginMap, plugins });
  await writeFile(filename, content);
}

await write("schema.ts", [], { types });
await write("generated.ts", texts.map(named), { operations, typedDocuments });
