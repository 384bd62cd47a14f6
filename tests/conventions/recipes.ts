/** Reads a recipe through the types that graphql-codegen made of it. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { Recipe0Document } from "./generated.js";

type Told<D> = D extends TypedDocumentNode<infer R, infer _> ? R : never;

/** What is on, in a line. */
export function line({ listening: { nowPlaying } }: Told<typeof Recipe0Document>): string {
  const title: string | null | undefined = nowPlaying?.trackName;
  return title ?? "nothing";
}
