import type { ExecutableKind } from "../../contracts/trust.ts";

interface Found {
  readonly kind: ExecutableKind;
  readonly reason: string;
}

/** Lookups of Ansible's own that only compute, or read files of the repository. Others run a program or ask the network. */
const harmlessLookups = new Set([
  ..."config csvfile dict env file fileglob first_found indexed_items ini inventory_hostnames items list nested".split(
    " ",
  ),
  ..."random_choice sequence subelements template together unvault varnames vars flattened password filetree".split(
    " ",
  ),
]);
/** Values with which a variable about an interpreter names one of the system. */
const systemInterpreter =
  /^["']?(?:auto\w*|(?:\/usr\/bin\/|\/usr\/local\/bin\/|\/bin\/)?(?:env )?[a-z]+[\d.]*|\{\{\s*ansible_playbook_python\s*\}\}|\/usr\/libexec\/platform-python)["']?\s*$/;
/** Options with which ssh starts a program here or reads another configuration. */
const runningOption =
  /ProxyCommand|LocalCommand|KnownHostsCommand|PKCS11Provider|SecurityKeyProvider|XAuthLocation|\s-F|^["']?-[FI]|\{\{/i;

const variable = /\bansible_([a-z0-9_]+)["']?[ \t]*[:=][ \t]*([^\n]*)/g;
/* What Ansible passes over. A template with the sign of a comment before it is rendered all the same. */
const comment = /^[ \t]*#(?![^\n]*\{[{%])(?!!).*$/gm;
const expression = /\{\{[^]*?\}\}|\{%[^]*?%\}/g;
/* A call, or the bare name where Jinja could hand it on. */
const lookupCall = /\b(lookup|query|q)\s*\(\s*(?:(["'])([\w.]+)\2|([^\s)]?))/g;
const lookupAlone = /\{[{%][^}\n]*\b(?:lookup|query)\b(?!\s*\()[^}\n]*[}%]\}/;
const withLookup = /^[ \t-]*with_([a-z_]+)[ \t]*:/gm;
const scriptTask = /^[ \t-]*(?:ansible\.(?:builtin|legacy)\.)?script[ \t]*:[ \t]*(.*)$/gm;
const scriptCommand = /^[ \t]*(?:cmd|file)[ \t]*:[ \t]*(.*)$/m;

interface RunningTexts {
  readonly found: Found[];
  /** Scripts that its tasks name. */
  readonly scripts: string[];
  /** Inventories that a configuration names, relative to its folder. */
  readonly inventories: string[];
}

/** What in a text makes Ansible, ssh or this machine start a program; and the programs that it names. */
export function findRunningTexts(path: string, text: string): RunningTexts {
  if (/(^|\/)ansible\.cfg$|(^|\/)\.ansible\.cfg$/.test(path))
    return { found: configurationOf(text), scripts: [], inventories: inventoriesOf(text) };
  const lineOf = createLineFinder(text);
  // In YAML a condition is an expression without braces; elsewhere `query(` is a word of other languages.
  if (!/\.ya?ml$/.test(path)) {
    const found = [...settingsOf(text, lineOf), ...lookupsOf(onlyExpressions(text), lineOf)];
    return { found, scripts: [], inventories: [] };
  }
  const bare = text.replaceAll(comment, "");
  const lines = createLineFinder(bare);
  return {
    found: [...settingsOf(bare, lines), ...lookupsOf(bare, lines), ...inventoryPlugin(path, bare)],
    scripts: scriptsOf(bare),
    inventories: [],
  };
}

type LineOf = (offset: number) => number;

/** The text with blanks in the place of all that stands outside of expressions. */
function onlyExpressions(text: string): string {
  let at = 0;
  let kept = "";
  for (const match of text.matchAll(expression)) {
    kept += text.slice(at, match.index).replaceAll(/[^\n]/g, " ") + match[0];
    at = match.index + match[0].length;
  }
  return kept;
}

function settingsOf(text: string, lineOf: LineOf): Found[] {
  return [...text.matchAll(variable)].flatMap((match): Found[] => {
    const name = match[1] ?? "";
    const value = (match[2] ?? "").trim();
    if (!isRunning(name, value)) return [];
    return [
      {
        kind: "setting",
        reason: `line ${lineOf(match.index)}: ansible_${name} decides which program is started`,
      },
    ];
  });
}

/* `chiffon_refused` stands in the inventory of each run, for the hosts that were not approved. */
function isRunning(name: string, value: string): boolean {
  if (name.endsWith("_interpreter")) return !systemInterpreter.test(firstWord(name, value));
  if (/^(?:ssh|sftp|scp)_(?:\w*_)?args$/.test(name)) return runningOption.test(value);
  return /^(?:ssh|sftp|scp|shell|become|sudo|su|docker|podman|chroot|kubectl)_exe(?:cutable)?$|^shell_type$|^(?:connection)$/.test(
    name,
  )
    ? !/^["']?(?:ssh|local|smart|paramiko_ssh|winrm|psrp|sh|powershell|cmd|chiffon_refused)["']?(?:[\s,}\]]|$)/.test(
        value,
      )
    : false;
}

/* In an inventory line other variables follow. */
function firstWord(name: string, value: string): string {
  if (/^["'{]/.test(value)) return value.replace(/\s+ansible_\w+=.*$/, "");
  return value.split(/[\s,}\]]/)[0] ?? name;
}

/** Whether a text has a lookup that may run a program or ask the network. */
export function runsLookup(text: string): boolean {
  return lookupsOf(text, () => 0).length > 0;
}

function lookupsOf(text: string, lineOf: LineOf): Found[] {
  const calls = [...text.matchAll(lookupCall)].flatMap((match): Found[] => {
    const name = match[3];
    // `q(` is also the end of many a word of shell scripts; without a quote behind it, it is no lookup of ours.
    if (name === undefined && match[1] === "q") return [];
    if (name !== undefined && isHarmless(name)) return [];
    const what = name === undefined ? "a lookup whose name only the run knows" : `the lookup "${name}"`;
    return [
      { kind: "lookup", reason: `line ${lineOf(match.index)}: ${what} can run a program or ask the network` },
    ];
  });
  const loops = [...text.matchAll(withLookup)].flatMap((match): Found[] => {
    const name = match[1] ?? "";
    if (isHarmless(name)) return [];
    return [
      {
        kind: "lookup",
        reason: `line ${lineOf(match.index)}: with_${name} can run a program or ask the network`,
      },
    ];
  });
  const alone = lookupAlone.exec(text);
  return [
    ...calls,
    ...loops,
    ...(alone === null
      ? []
      : [
          {
            kind: "lookup" as const,
            reason: `line ${lineOf(alone.index)}: a lookup is handed on in an expression`,
          },
        ]),
  ];
}

function isHarmless(name: string): boolean {
  return harmlessLookups.has(name.replace(/^ansible\.(?:builtin|legacy)\./, ""));
}

function inventoryPlugin(path: string, text: string): Found[] {
  const isPlugin =
    /\.ya?ml$/.test(path) &&
    /^plugin[ \t]*:/m.test(text) &&
    !/(^|\/)(?:tasks|roles|vars|defaults)\//.test(path);
  return isPlugin ? [{ kind: "inventory", reason: "an inventory that a plug-in makes" }] : [];
}

function scriptsOf(text: string): string[] {
  return [...text.matchAll(scriptTask)].flatMap((match) => {
    const after = text.slice(match.index + match[0].length, match.index + match[0].length + 500);
    const written =
      (match[1] ?? "").trim() === "" ? (scriptCommand.exec(after)?.[1] ?? "") : (match[1] ?? "");
    const word =
      written
        .trim()
        .replaceAll(/^["']|["']$/g, "")
        .split(/\s/)[0] ?? "";
    const name = word.replace(/^(?:\.\/|\{\{[^}]*\}\}\/?)+/, "");
    return name === "" || name.includes("{{") ? [] : [name.replace(/^(?:\.\.\/)+/, "")];
  });
}

/** Settings of an ansible.cfg that name programs, scripts or folders with code. */
const runningSetting =
  /^[ \t]*((?:\w+_plugins?|library|module_utils|collections_paths?|vault_password_file|vault_identity_list|inventory|inventory_plugins|callbacks?_enabled|callback_whitelist|stdout_callback|strategy|executable|ssh_executable|ssh_args|ssh_common_args|ssh_extra_args|sftp_\w+|scp_\w+|become_exe|log_path|connection_plugins|ansible_connection_path|role_skeleton|editor|pager))[ \t]*[=:][ \t]*(.*)$/gm;
/* Usual values with which they run nothing of the repository. */
const usualValue: Readonly<Record<string, RegExp>> = {
  inventory: /\.(?:ini|ya?ml)$|hosts$|inventory\/?$/,
  stdout_callback: /^(?:default|yaml|minimal|debug|community\.general\.yaml|unixy|dense|oneline|json)?$/,
  strategy: /^(?:linear|free|host_pinned|debug)?$/,
  ssh_args: /^(?!.*(?:ProxyCommand|LocalCommand|KnownHostsCommand|-F\b)).*$/i,
  log_path: /.*/,
};

function configurationOf(text: string): Found[] {
  return [...text.matchAll(runningSetting)].flatMap((match): Found[] => {
    const name = match[1] ?? "";
    const value = (match[2] ?? "").trim();
    if (value === "" || usualValue[name]?.test(value) === true) return [];
    return [
      {
        kind: "configuration",
        reason: `${name} = ${value.slice(0, 200)} (Chiffon runs with a configuration of its own and does not use it)`,
      },
    ];
  });
}

function inventoriesOf(text: string): string[] {
  return [...text.matchAll(/^[ \t]*inventory[ \t]*[=:][ \t]*(.*)$/gm)].flatMap((match) =>
    (match[1] ?? "").split(",").map((path) => path.trim()),
  );
}

function createLineFinder(text: string): LineOf {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
