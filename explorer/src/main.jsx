// The page: GraphiQL, started with what the server wrote into it.

import "./workers.js";
// GraphiQL loads its editor late; imported here too, the editor's styles join the page's.
import "monaco-graphql/esm/monaco-editor.js";
import "@graphiql/react/font/roboto.css";
import "@graphiql/react/font/fira-code.css";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./explorer.css";

import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { createFetcher } from "./fetcher.js";
import { Pictures } from "./pictures.jsx";
import { createStorage } from "./storage.js";

const start = JSON.parse(document.getElementById("start").textContent);
const headers = JSON.stringify(start.headers, null, 2);
const storage = createStorage(localStorage, headers);

createRoot(document.getElementById("explorer")).render(
  <GraphiQL
    fetcher={createFetcher(start.endpoint, start.headers)}
    storage={storage}
    shouldPersistHeaders={false}
    defaultQuery={start.queries[0]}
    defaultTabs={start.queries.map((query) => ({ query, headers }))}
    defaultHeaders={headers}
    defaultEditorToolsVisibility="headers"
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <nav className="rewind-links" aria-label="Rewind GQL">
        {start.links.map(({ label, href }) => (
          <a key={href} href={href}>
            {label}
          </a>
        ))}
        <strong>Rewind GQL</strong>
      </nav>
      <Pictures from={start.pictures} />
    </GraphiQL.Logo>
  </GraphiQL>,
);
