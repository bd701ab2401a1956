const maxAddress = 1_000;
const maxName = 120;
/* Control characters, and those that turn the direction of text: a name must show what it is. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** The address when it can be opened as http or https; otherwise what is wrong with it, for a person. */
export function readAddress(written: string, bare: boolean): { url: string } | { problem: string } {
  const text = written.trim();
  if (text === "") return { problem: "its address is empty" };
  if (text.length > maxAddress) return { problem: `its address is longer than ${maxAddress} characters` };
  if (/\{\{|\{%|\{#|\$\{/.test(text))
    return { problem: `its address ${quote(text)} is put together by a template whose value is not plain` };
  if (unseen.test(text) || /\s/.test(text))
    return { problem: `its address ${quote(text)} has blanks or control characters in it` };
  const url = bare && !text.includes("://") ? `https://${text}` : text;
  if (!/^https?:\/\/[^/\\]/i.test(url) || !URL.canParse(url))
    return { problem: `its address ${quote(text)} is not an http or https address` };
  const { username, password } = new URL(url);
  if (username !== "" || password !== "")
    return { problem: "its address has a user name or password in it, which would be shown in the open" };
  return { url };
}

/** One spelling for addresses that lead to the same place. */
export function addressKey(url: string): string {
  return new URL(url).href;
}

/** A name as it can be shown: without control characters, not too long; the host of the address when nothing is left. */
export function readName(written: string | null, url: string): string {
  const cleaned = cleanText(written ?? "", maxName);
  return cleaned === "" || /\{\{|\{%/.test(cleaned) ? new URL(url).host : cleaned;
}

/** Text of somebody else for a sentence of ours. */
export function quote(text: string): string {
  return `"${cleanText(text, 80)}"`;
}

function cleanText(text: string, max: number): string {
  const plain = text
    .slice(0, 2_000)
    .toWellFormed()
    .replaceAll(new RegExp(unseen, "gu"), " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  const letters = [...plain];
  return letters.length > max ? `${letters.slice(0, max - 1).join("")}…` : plain;
}
