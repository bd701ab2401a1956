import type { Known } from "./hosts.ts";
import type { Token } from "./tokens.ts";

/** "on debian hosts", "on all machines with more than 8 GB": hosts by what they are. A condition, not names of hosts. */
export type FactPlace = {
  readonly from: number;
  readonly length: number;
  readonly text: string;
  /** True for "on all …", "on every …". */
  readonly everyone: boolean;
};

const machineNouns = new Set(
  "host hosts machine machines server servers box boxes node nodes system systems vm vms computer computers".split(
    " ",
  ),
);

const facts = new Set(
  `debian ubuntu fedora rhel centos rocky almalinux alma alpine arch archlinux gentoo suse opensuse sles raspbian linux windows
  freebsd openbsd macos redhat arm arm64 armhf aarch64 amd64 x86 x86_64 64-bit 32-bit physical virtual bare-metal`.split(
    /\s+/,
  ),
);

const quantifiers = /^(?:all|every|each|any|the|my|our|of|these|those)$/;
const relatives = /^(?:with|without|running|that|which|whose|where|having|older|newer|still)$/;

/** The first such place among tokens, with its "on"; undefined when the words are hosts or groups of the inventory. */
export function findFactPlace(tokens: readonly Token[], known: Known): FactPlace | undefined {
  for (let from = 0; from < tokens.length; from += 1) {
    if (tokens[from]?.kind !== "word" || !/^(?:on|for)$/.test(tokens[from]?.lower ?? "")) continue;
    const place = placeAt(tokens, from, known);
    if (place !== undefined) return place;
  }
  return undefined;
}

function placeAt(tokens: readonly Token[], from: number, known: Known): FactPlace | undefined {
  let at = from + 1;
  const everyone = /^(?:all|every|each)$/.test(tokens[at]?.lower ?? "");
  while (quantifiers.test(tokens[at]?.lower ?? "")) at += 1;
  const first = at;
  while (facts.has(tokens[at]?.lower ?? "") || /^\d+(?:\.\d+)*$/.test(tokens[at]?.lower ?? "")) at += 1;
  const named = at > first;
  if (named && known.hosts.has(tokens[first]?.lower ?? "")) return undefined;
  if (!machineNouns.has(tokens[at]?.lower ?? "") || known.hosts.has(tokens[at]?.lower ?? ""))
    return undefined;
  at += 1;
  if (relatives.test(tokens[at]?.lower ?? "")) {
    while (at < tokens.length && tokens[at]?.kind !== "comma" && tokens[at]?.kind !== "colon") at += 1;
  } else if (!named) return undefined;
  if (tokens[at]?.lower === "only") at += 1;
  const text = tokens
    .slice(from, at)
    .map((token) => token.text)
    .join(" ");
  return { from, length: at - from, text, everyone };
}

/** Takes the place out of the words of a wish. */
export function takeFactPlace(
  tokens: readonly Token[],
  known: Known,
): { tokens: readonly Token[]; place: FactPlace | undefined } {
  const place = findFactPlace(tokens, known);
  if (place === undefined) return { tokens, place };
  const rest = [...tokens.slice(0, place.from), ...tokens.slice(place.from + place.length)];
  const start = rest.findIndex((token) => token.kind !== "comma" && token.kind !== "colon");
  return { tokens: place.from === 0 && start > 0 ? rest.slice(start) : rest, place };
}
