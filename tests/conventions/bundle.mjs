// Does what bundlers do for Relay: `node bundle.mjs FROM TO`, for one program and its artifacts.

import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { transformAsync } from "@babel/core";

// Bundlers find modules without their ending, Node does not.
const ended = (code) => code.replace(/( from (["']).*\.graphql)\2/g, "$1.js$2");

const [from, to] = process.argv.slice(2);
const { code } = await transformAsync(await readFile(from, "utf8"), {
  babelrc: false,
  configFile: false,
  filename: from,
  plugins: [["relay", { eagerEsModules: true }]],
});
await writeFile(to, ended(code));
const artifacts = join(dirname(from), "__generated__");
for (const name of await readdir(artifacts)) {
  const path = join(artifacts, name);
  await writeFile(path, ended(await readFile(path, "utf8")));
}
