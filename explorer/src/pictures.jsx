// Hangs the pictures that a result links to below the lines with their addresses.

import { pick, useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

const LINK = /"((?:https?:\/\/|data:image\/png;base64,)[^"\\\s]+)"/;
const FILE = /\/original\.\w+$/;
const HEIGHT = 80;
const GAP = 4;
const MOST = 200;

/** The address in a line of JSON, if it is that of a picture from one of these origins. */
function address(line, origins) {
  const found = LINK.exec(line)?.[1];
  const url = found && URL.parse(found);
  if (!url) return undefined;
  const open = url.protocol === "data:" || (origins.includes(url.origin) && FILE.test(url.pathname));
  return open ? found : undefined;
}

/** A picture as far to the right as the line above it. */
function frame(editor, line, src) {
  const node = document.createElement("div");
  const image = document.createElement("img");
  editor.applyFontInfo(node);
  node.className = "rewind-picture";
  node.style.paddingInlineStart = `${line.search(/\S/)}ch`;
  // What it shows is for the result's own words to say.
  Object.assign(image, { alt: "", height: HEIGHT, loading: "lazy", src });
  node.append(image);
  return node;
}

/** Shows nothing by itself: it follows the editor that results are written into. */
export function Pictures({ from }) {
  const { responseEditor: editor } = useGraphiQL(pick("responseEditor"));
  useEffect(() => {
    if (!editor) return undefined;
    const origins = [location.origin, ...from];
    let zones = [];
    const hang = () => {
      const lines = editor.getModel()?.getLinesContent() ?? [];
      const found = lines.map((line, at) => ({ line, at, src: address(line, origins) }));
      const shown = found.filter(({ src }) => src).slice(0, MOST);
      editor.changeViewZones((accessor) => {
        for (const zone of zones) accessor.removeZone(zone);
        zones = shown.map(({ line, at, src }) =>
          accessor.addZone({
            afterLineNumber: at + 1,
            domNode: frame(editor, line, src),
            heightInPx: HEIGHT + 2 * GAP,
          }),
        );
      });
    };
    hang();
    const following = [editor.onDidChangeModel(hang), editor.onDidChangeModelContent(hang)];
    return () => following.forEach((each) => each.dispose());
  }, [editor, from]);
  return null;
}
