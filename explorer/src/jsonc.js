// JSON with comments as a Prettier plugin: laid out by jsonc-parser, which is on board anyway.

import { applyEdits, format } from "jsonc-parser";

const STYLE = { insertSpaces: true, tabSize: 2 };

export const parsers = {
  jsonc: {
    astFormat: "jsonc-text",
    locStart: () => 0,
    locEnd: ({ text }) => text.length,
    parse: (text) => ({ text }),
  },
};

export const printers = {
  "jsonc-text": {
    print: ({ node: { text } }) => applyEdits(text, format(text, undefined, STYLE)),
  },
};
