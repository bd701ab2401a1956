import type { Token } from "./tokens.ts";

export type Sentence = { readonly tokens: readonly Token[]; readonly item: Token | null };

/** Sentences, lines and list entries. */
export function sentencesOf(tokens: readonly Token[]): Sentence[] {
  const sentences: { tokens: Token[]; item: Token | null }[] = [];
  let current: { tokens: Token[]; item: Token | null } = { tokens: [], item: null };
  const close = (): void => {
    if (current.tokens.length > 0) sentences.push(current);
    current = { tokens: [], item: null };
  };
  for (const token of tokens) {
    if (token.kind === "stop") {
      close();
    } else if (token.kind === "item") {
      close();
      current.item = token;
    } else current.tokens.push(token);
  }
  close();
  return sentences;
}
