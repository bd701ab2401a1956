/** The kinds of plug-ins that a text can choose, besides modules. `network`: what talks to one kind of network device. */
export type PluginKind =
  | "filter"
  | "test"
  | "lookup"
  | "strategy"
  | "connection"
  | "become"
  | "shell"
  | "network";

/** A plug-in that a text names, or may name. */
export interface NamedPlugin {
  readonly kind: PluginKind;
  /** As written: `json_query`, `community.general.json_query`. */
  readonly name: string;
  /** False where the same words may mean something else. */
  readonly sure: boolean;
}

/** What a text says about plug-ins: rather one too many than one too few. */
export interface PluginNames {
  readonly plugins: readonly NamedPlugin[];
  /** What stands where a collection's name could: `community.general` of `community.general.json_query`. */
  readonly collections: readonly string[];
  /** Places at which only the run knows which plug-in is meant. */
  readonly open: readonly { readonly what: string; readonly line: number }[];
}

/** `code`: Python and the like, `tasks`: YAML that Ansible reads, `text`: anything else that may be a template. */
export type TextKind = "code" | "tasks" | "text";

const name = "[A-Za-z_][\\w.]*";
/* In YAML and JSON the quotes of an expression may be doubled or have a backslash before them. */
const quote = `\\\\?(?:''|["'])`;
const collection = "[a-z_][a-z0-9_]*\\.[a-z_][a-z0-9_]*";

const anyCollection = new RegExp(
  `(?<![\\w.])(?:ansible_collections\\.(${collection})|(${collection})(?=\\.))`,
  "g",
);
const imported = new RegExp(`\\bansible_collections\\.(${collection})`, "g");
const afterPipe = new RegExp(`\\|[\\s\\\\]*(${name})`, "g");
const filterBlock = new RegExp(`\\{%[-+]?\\s*filter\\s+(${name})`, "g");
const afterIs = new RegExp(`\\bis[\\s\\\\]+(?:not[\\s\\\\]+)?(${name})`, "g");
/* `map('upper')`, `selectattr('state', 'match', …)`: the first or second text is a filter or a test. */
const byName = new RegExp(
  `\\b(?:map|select|reject|selectattr|rejectattr)\\(\\s*(?:${quote}[^"'\\n]*${quote}\\s*,\\s*)?${quote}(${name})${quote}`,
  "g",
);
const lookupCall = new RegExp(`\\b(?:lookup|query|q)\\(\\s*${quote}(${name})${quote}`, "g");
const withKey = new RegExp(`(?<![\\w.])with_(${name})\\\\?["']?\\s*:`, "g");
const keywords: Readonly<Record<string, { kind: PluginKind; sure: boolean }>> = {
  strategy: { kind: "strategy", sure: false },
  connection: { kind: "connection", sure: false },
  ansible_connection: { kind: "connection", sure: true },
  become_method: { kind: "become", sure: true },
  ansible_become_method: { kind: "become", sure: true },
  ansible_shell_type: { kind: "shell", sure: true },
  ansible_network_os: { kind: "network", sure: true },
};
const keyword = new RegExp(
  `(?<![\\w.])(${Object.keys(keywords).join("|")})\\\\?["']?[ \\t]*[:=][ \\t]*(?:\\\\?["'])?(${name}|\\{\\{)`,
  "g",
);

/* No text in quotes that ends there, or no text at all. */
const openLookup = new RegExp(
  `(?<![\\w.])(?:lookup|query|q)\\(\\s*(?!${quote}${name}${quote}\\s*[,)])[^\\s)]`,
  "g",
);
const openByName = /\|\s*(?:map|select|reject)\(\s*[A-Za-z_]\w*\s*[,)]/g;
/* People read these. */
const maxOpen = 10;
const comment = /^[ \t]*#[^\n]*/gm;

/** Finds the plug-ins that a text names. Linear in the length of the text, as far as texts are that people write. */
export function findPluginNames(text: string, kind: TextKind): PluginNames {
  if (kind === "code") return { plugins: [], collections: unique(captures(text, imported)), open: [] };
  const found = new Map<string, NamedPlugin>();
  const add = (plugin: PluginKind, names: readonly string[], sure: boolean): void => {
    for (const each of names) {
      const key = `${plugin} ${each}`;
      if (found.get(key)?.sure !== true) found.set(key, { kind: plugin, name: each, sure });
    }
  };
  add("filter", captures(text, afterPipe), false);
  add("test", captures(text, afterIs), false);
  for (const named of ["filter", "test"] as const) add(named, captures(text, byName), false);
  add("lookup", [...captures(text, lookupCall), ...captures(text, withKey)], true);
  const expressions = splitExpressions(text)
    .map((each) => each.text)
    .join("\n");
  add("filter", [...captures(expressions, afterPipe), ...captures(expressions, filterBlock)], true);
  for (const [, key = "", value = ""] of text.matchAll(keyword)) {
    const of = keywords[key];
    if (of !== undefined && value !== "{{") add(of.kind, [value], of.sure);
  }
  return {
    plugins: [...found.values()],
    collections: unique(captures(text, anyCollection)),
    open: findOpen(text.replaceAll(comment, ""), kind),
  };
}

function findOpen(text: string, kind: TextKind): PluginNames["open"] {
  const open: { what: string; at: number }[] = [];
  for (const expression of splitExpressions(text)) {
    for (const { index } of expression.text.matchAll(openLookup))
      open.push({ what: "the lookup", at: expression.at + index });
    for (const { index } of expression.text.matchAll(openByName))
      open.push({ what: "the filter or test", at: expression.at + index });
  }
  for (const { index, 1: key = "", 2: value } of text.matchAll(keyword)) {
    const isPlay = kind === "tasks" || keywords[key]?.sure === true;
    if (value === "{{" && isPlay) open.push({ what: `the plug-in of "${key}"`, at: index });
  }
  return open.slice(0, maxOpen).map(({ what, at }) => ({ what, line: text.slice(0, at).split("\n").length }));
}

/** `{{ … }}` and `{% … %}`, each with where it begins. */
function splitExpressions(text: string): { text: string; at: number }[] {
  const found: { text: string; at: number }[] = [];
  for (const [begin, close] of [
    ["{{", "}}"],
    ["{%", "%}"],
  ] as const) {
    for (let at = text.indexOf(begin); at !== -1;) {
      const end = text.indexOf(close, at + 2);
      if (end === -1) break;
      found.push({ text: text.slice(at, end + 2), at });
      at = text.indexOf(begin, end + 2);
    }
  }
  return found;
}

function captures(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, first, second]) => first ?? second ?? "");
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];
