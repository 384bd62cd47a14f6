// What GraphiQL may keep in the browser: everything but request headers, for they hold the key.

// The history stores headers whatever `shouldPersistHeaders` says.
const HISTORIES = new Set(["graphiql:queries", "graphiql:favorites"]);

const withHeaders = (text, headers) =>
  JSON.stringify(JSON.parse(text), (name, value) => (name === "headers" ? headers : value));

/**
 * A storage that drops headers on the way in; an operation taken from the history gets the page's
 * own headers, or choosing it would empty the headers editor.
 */
export function createStorage(storage, headers) {
  const ours = () => Object.keys(storage).filter((key) => key.startsWith("graphiql:"));
  return {
    getItem(key) {
      const text = storage.getItem(key);
      return text !== null && HISTORIES.has(key) ? withHeaders(text, headers) : text;
    },
    setItem(key, text) {
      storage.setItem(key, HISTORIES.has(key) ? withHeaders(text, null) : text);
    },
    removeItem: (key) => storage.removeItem(key),
    clear: () => ours().forEach((key) => storage.removeItem(key)),
    get length() {
      return ours().length;
    },
  };
}
