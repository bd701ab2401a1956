import type { WrittenLink } from "./candidate.ts";

/** What every browser writes at the top of its export of bookmarks. */
export function isBrowserExport(text: string): boolean {
  return /<!DOCTYPE NETSCAPE-Bookmark-file-1>/i.test(text.slice(0, 1_024));
}

/** Links of a browser's export. Never throws; reads every character once, whatever the file holds. */
export function readBrowserExport(path: string, text: string): WrittenLink[] {
  const links: WrittenLink[] = [];
  const tags = /<a\s/gi;
  let line = 1;
  let counted = 0;
  for (let tag = tags.exec(text); tag !== null; tag = tags.exec(text)) {
    for (
      let at = text.indexOf("\n", counted);
      at !== -1 && at < tag.index;
      at = text.indexOf("\n", counted)
    ) {
      line += 1;
      counted = at + 1;
    }
    const end = text.indexOf(">", tag.index);
    if (end === -1) break;
    tags.lastIndex = end;
    const address = attribute(text.slice(tag.index, end), "href");
    if (address === undefined) continue;
    const close = text.indexOf("<", end);
    const name = decode(text.slice(end + 1, close === -1 ? end + 1 : Math.min(close, end + 1_000)));
    links.push({ name, address: decode(address), bare: false, path, line });
  }
  return links;
}

function attribute(tag: string, name: string): string | undefined {
  const at = tag.toLowerCase().indexOf(`${name}=`);
  const mark = tag.charAt(at + name.length + 1);
  if (at < 0 || (mark !== '"' && mark !== "'")) return undefined;
  const from = at + name.length + 2;
  const to = tag.indexOf(mark, from);
  return to === -1 ? undefined : tag.slice(from, to);
}

const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

const decode = (text: string): string =>
  text
    .slice(0, 4_000)
    .replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi, (written, ...found) => {
      const [decimal, hex, word] = found as (string | undefined)[];
      if (word !== undefined) return named[word.toLowerCase()] ?? written;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : written;
    });

/** Files of the dashboard "homepage": groups of services or bookmarks, each with its `href` under its name. */
export function isDashboardFile(path: string): boolean {
  return /(?:^|\/)(?:services|bookmarks)\.ya?ml(?:\.j2)?$/i.test(path);
}
