// How operations reach the server: one POST each; a subscription is answered as server-sent events.

import { getOperationAST, parse } from "graphql";

const JSON_ANSWER = "application/graphql-response+json, application/json;q=0.9";
const EVENT_STREAM = "text/event-stream";

/**
 * A GraphiQL fetcher for one endpoint of the server the page came from.
 *
 * GraphiQL asks for the schema before its headers editor is there; that question goes out with the
 * headers the page was started with.
 */
export function createFetcher(endpoint, startHeaders) {
  return async (asked, { headers = headersAtStart(asked, startHeaders) } = {}) => {
    const operation = chosen(asked);
    const controller = new AbortController();
    const response = await fetch(endpoint, {
      method: "POST",
      body: JSON.stringify({ ...asked, operationName: operation?.name?.value }),
      headers: {
        "content-type": "application/json",
        accept: operation?.operation === "subscription" ? EVENT_STREAM : JSON_ANSWER,
        ...headers,
      },
      signal: controller.signal,
    });
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith(EVENT_STREAM)) return stoppable(results(response, controller), controller);
    if (type.includes("json")) return response.json();
    throw new Error(`${response.status} ${response.statusText}: ${await response.text()}`.trim());
  };
}

function headersAtStart({ operationName }, startHeaders) {
  return operationName === "IntrospectionQuery" ? startHeaders : {};
}

/**
 * The operation that is meant, read from the text itself: what GraphiQL knows of it, and so the
 * name it hands over, lags behind fast typing and a change of tabs.
 */
function chosen({ query, operationName }) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return undefined; // What is wrong with it, the server says.
  }
}

/** Ends the request when GraphiQL's stop button ends the iteration. */
function stoppable(iterator, controller) {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => iterator.next(),
    return() {
      controller.abort();
      return iterator.return();
    },
  };
}

/** The payload of each `next` event until the stream ends, completes or is stopped. */
async function* results(response, { signal }) {
  try {
    for await (const { event, data } of events(response)) {
      if (event === "complete") return;
      if (event === "next") yield JSON.parse(data);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Server-sent events, each as its fields; heartbeats are comments and give an event without. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const blocks = (buffer + part.value).split(/\r?\n\r?\n/);
    buffer = blocks.pop();
    for (const block of blocks) {
      yield Object.fromEntries(block.split(/\r?\n/).map((line) => line.split(/: ?(.*)/s, 2)));
    }
  }
}
