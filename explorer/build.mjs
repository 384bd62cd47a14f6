// Bundles GraphiQL, its editor and its workers into rewind_gql/server/pages/explorer/.
//
// Every file name carries a hash of its content, so browsers may keep the files for ever;
// manifest.json names the two files the page has to load, the rest is found relative to them.

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "..", "rewind_gql", "server", "pages", "explorer");

const SHARED = {
  absWorkingDir: HERE,
  assetNames: "[name]-[hash]",
  bundle: true,
  chunkNames: "[name]-[hash]",
  define: { "process.env.NODE_ENV": '"production"' },
  entryNames: "[name]-[hash]",
  legalComments: "none",
  loader: { ".ttf": "file" },
  logLevel: "warning",
  metafile: true,
  minify: true,
  outdir: OUT,
  target: "es2022",
  write: false,
};

// Each worker is a program of its own: it cannot share chunks with the page.
const WORKERS = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
};

// GraphiQL ships its fonts as base64 inside CSS, for scripts from Greek to Vietnamese. The faces
// its own words need become files; any other letter falls back to the reader's fonts.
const KEPT_FACE = /font-style: normal[^}]*unicode-range:\s*(U\+0000-00FF|U\+0100-024F)/;

const fonts = {
  name: "fonts",
  setup({ onLoad, onResolve }) {
    const files = new Map();
    onLoad({ filter: /react[\\/]font[\\/][\w-]+\.css$/ }, async ({ path }) => {
      const faces = (await readFile(path, "utf8")).match(/@font-face\s*{[^}]*}/g);
      const kept = faces.filter((face) => KEPT_FACE.test(face));
      const linked = kept.map((face, number) =>
        face.replace(/url\(data:font\/(\w+);base64,([^)]+)\)/, (_, format, data) => {
          const name = `font:${basename(path, ".css")}-${number}.${format}`;
          files.set(name, Buffer.from(data, "base64"));
          return `url("${name}")`;
        }),
      );
      return { contents: linked.join("\n"), loader: "css" };
    });
    onResolve({ filter: /^font:/ }, ({ path }) => ({ path, namespace: "font" }));
    onLoad({ filter: /.*/, namespace: "font" }, ({ path }) => {
      return { contents: files.get(path), loader: "file" };
    });
  },
};

function entry({ metafile }, name) {
  const [path, { cssBundle }] = Object.entries(metafile.outputs).find(([, output]) =>
    output.entryPoint?.endsWith(name),
  );
  return { script: basename(path), style: cssBundle && basename(cssBundle) };
}

async function buildWorkers() {
  const result = await build({ ...SHARED, entryPoints: WORKERS, format: "iife" });
  const names = Object.entries(WORKERS).map(([label, name]) => [label, entry(result, name).script]);
  return { result, files: result.outputFiles, names: Object.fromEntries(names) };
}

async function buildPage(workers) {
  const result = await build({
    ...SHARED,
    alias: {
      // Prettier lays out JSON with its JavaScript half, 540 kB the page needs for nothing else.
      "prettier/parser-babel": "./src/jsonc.js",
      "prettier/plugins/estree": "./src/jsonc.js",
      // The older name of the same module is CommonJS, whose exports a chunk loaded later lacks.
      "prettier/parser-graphql": "prettier/plugins/graphql",
    },
    define: { ...SHARED.define, WORKERS: JSON.stringify(workers) },
    entryPoints: { explorer: "src/main.jsx" },
    format: "esm",
    jsx: "automatic",
    plugins: [fonts],
    splitting: true,
  });
  const manifest = entry(result, "src/main.jsx");
  // Every chunk loaded later comes with its own copy of styles the page already has.
  const spare = ({ path }) => path.endsWith(".css") && basename(path) !== manifest.style;
  return { result, files: result.outputFiles.filter((file) => !spare(file)), manifest };
}

/** The licence of every package with a line in the bundle, as their terms ask. */
async function licences(results) {
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const folders = inputs.map((path) => path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+(?=\/)/)?.[0]);
  const notices = [...new Set(folders)].filter(Boolean).sort().map(async (folder) => {
    const about = JSON.parse(await readFile(join(HERE, folder, "package.json")));
    const file = (await readdir(join(HERE, folder))).find((path) => /^licen[cs]e/i.test(path));
    const text = file ? await readFile(join(HERE, folder, file), "utf8") : "";
    return `${about.name} ${about.version} (${about.license})\n\n${text.trim()}`.trim();
  });
  return (await Promise.all(notices)).join(`\n\n${"-".repeat(80)}\n\n`);
}

const workers = await buildWorkers();
const page = await buildPage(workers.names);
const notices = await licences([workers.result, page.result]);

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
for (const { path, contents } of [...workers.files, ...page.files]) await writeFile(path, contents);
await writeFile(join(OUT, "licences.txt"), notices);
// Last, for its presence says that the rest is there.
await writeFile(join(OUT, "manifest.json"), `${JSON.stringify(page.manifest, null, 2)}\n`);
