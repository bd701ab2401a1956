import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { freezeHosts, refusingConnection } from "./frozen-hosts.ts";
import { readIniValue } from "./literal.ts";

const run = promisify(execFile);

type Listed = {
  _meta: { hostvars: Record<string, Record<string, unknown>> };
} & Record<string, unknown>;

interface Case {
  readonly name: string;
  readonly inventory: string;
  readonly approved: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

const vaulted = `!vault |
          $ANSIBLE_VAULT;1.1;AES256
          62313365396662343061393464336163383764373764613633653634306231386433626436623361
          6134333665353966363534333632666535333761666131620a663537646436643839616531643561`;

const cases: readonly Case[] = [
  {
    name: "INI with ranges, ports, children and types as Python reads them",
    inventory: "hosts.ini",
    approved: ["web01", "web03", "lonely"],
    files: {
      "hosts.ini": `lonely ansible_host=10.0.0.9 # a comment
db-[a:c].lan:2200 role=db port=0644 ansible_port=2201
[prod:children]
web
db   # below
[web]
web[01:03] http_port=80 ratio=1.50 big=12345678901234567890 on=True off=no nothing=None
web03 http_port=81 hex=0xff oct=0o17 bad=022 ip=10.0.0.1 e=1e5 neg=-3 tuple="1, 2" name="a b" quoted="'5'"
[db]
db-a.lan
db-[b:c].lan
[web:vars]
list=['a', "b", 3, [True, None], {'k': 'v'}]
map={"a": 1, "b": {"c": [1, 2]}}
text=plain words, with a comma
five=5 # five
escaped="tab\\there \\u00e4"
empty=
date=2024-01-01
yes=yes
tilde=~
hash=a#b
template={{ other_variable }}
[prod:vars]
level=prod
[late:children]
prod
[all:vars]
everywhere=1_000
`,
    },
  },
  {
    name: "YAML with types that only a YAML reader knows",
    inventory: "inventory/hosts.yml",
    approved: ["alpha", "gamma"],
    files: {
      "inventory/hosts.yml": `---
all:
  vars:
    date: 2024-01-01
    moment: 2001-12-14 21:59:43.10 -5
    sexagesimal: 1:30:00
    clock: "1:30"
    octal: 0644
    newer_octal: 0o14
    hex: 0x1F
    under: 1_000
    big: 12345678901234567890123
    float: 1.10
    exponent: 1e5
    signed: 6.02e+23
    infinity: .inf
    yes_word: yes
    on_word: on
    y_letter: y
    none: ~
    nothing:
    equals: =
    version: 1.2.3
    quoted: '007'
    folded: >-
      one
      two
    literal: |
      a: b
        c
    colon: "a: b # c"
    unsafe: !unsafe "{{ not_a_template }}"
    template: "{{ lookup('env', 'HOME') }}"
    unicode: "ü – \\u2028 \\x07 😀"
    list: [1, "1", [true, false], {}]
    secret: ${vaulted}
  children:
    web:
      hosts:
        alpha:
          ansible_host: 10.0.0.1
          ports: &ports [80, 443]
          nested: {a: {b: [1, 2.0, "x"]}}
        beta: {ansible_connection: local, ports: *ports}
      vars: {tier: front, ansible_group_priority: 5}
    db:
      hosts: {"gamma[1:2]": null, gamma: {ansible_port: 2222}}
      vars:
        <<: {tier: back, size: 3}
        size: 4
    prod: {children: {web: {}, db: {}}}
`,
    },
  },
  {
    name: "group_vars and host_vars beside it, in files, folders and a whole vaulted file",
    inventory: "hosts",
    approved: ["one", "two"],
    files: {
      hosts: "one\ntwo\n[g]\none\nthree\n",
      "group_vars/all.yml": "a: 1\nb: 2\n",
      "group_vars/g/first.yml": "b: 3\nc: [x]\n",
      "group_vars/g/second.yaml": "c: [y]\n",
      "host_vars/one.yml": `a: own\ns: ${vaulted}\n`,
      "host_vars/three.yml": "a: other\n",
    },
  },
  {
    name: "a folder of INI and YAML files, also nested, that speak of the same hosts",
    inventory: "inventory",
    approved: ["app1"],
    files: {
      "inventory/01-base": "[app]\napp1 x=1 y=1\napp2 x=1\n[edge]\nedge1\n",
      "inventory/02-more.yml":
        "app:\n  hosts:\n    app1: {x: 2}\n  vars: {z: 2}\nall:\n  hosts: {solo: {}}\n",
      "inventory/03/deep": "[app]\napp3\n[edge:children]\napp\n",
      "inventory/notes.md": "[nothing]\nat all\n",
      "inventory/.hidden": "ghost\n",
      "inventory/group_vars/app.yml": "z: 3\nw: 1\n",
    },
  },
  {
    name: "groups inside groups inside groups, one host in many",
    inventory: "deep.yml",
    approved: ["x1", "x2", "x3"],
    files: {
      "deep.yml": `top:
  children:
    mid:
      children:
        low: {hosts: {x1: {v: host}, x2: }}
        low2: {hosts: {x1: , x3: {}}}
      vars: {v: mid, m: 1}
  vars: {v: top, t: 1}
b_same: {hosts: {x1: , x2: }, vars: {who: b}}
a_same: {hosts: {x1: , x2: }, vars: {who: a}}
low: {vars: {v: low}}
empty_group:
`,
    },
  },
  {
    name: "localhost written down, addresses as names, IPv6",
    inventory: "local.ini",
    approved: ["localhost", "fe80::1"],
    files: {
      "local.ini":
        "localhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n10.1.2.3\nfe80::1\n[2001:db8::2]:2200\n",
    },
  },
  {
    name: "JSON",
    inventory: "hosts.json",
    approved: ["j1"],
    files: {
      "hosts.json":
        '{"js": {"hosts": {"j1": {"n": 1, "s": "1", "l": [null, true]}, "j2": {}}, "vars": {"o": {"a": {}}}}}',
    },
  },
];

async function list(inventory: string, home: string): Promise<Listed> {
  const { stdout } = await run("ansible-inventory", ["-i", inventory, "--list"], {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", HOME: home, LANG: "C.UTF-8", ANSIBLE_CONFIG: join(home, "none.cfg") },
  });
  // Python writes what JSON does not have.
  return JSON.parse(stdout.replaceAll(/: (-?Infinity|NaN)\b/g, ': "$1"')) as Listed;
}

/** Values out of pieces that mean something to Python or to YAML, the same ones every time. */
function randomValues(pieces: readonly string[], count: number): string[] {
  const value = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 });
  return fc.sample(value, { numRuns: count, seed: 20_261_130 }).map((parts) => parts.join(""));
}

const pythonPieces =
  "0 1 12 007 .5 1. 1e5 0x1F 0o7 0b1 _ - + , : . ' \" ' \" [ ] ( ) { } True False None a b # \\n \\x41 \\q \\ 1_0 inf"
    .split(" ")
    .concat([" ", "['a']", "{'k': 1}", "(1,)", "'x' 'y'"]);
const yamlPieces =
  "0 1 12 007 .5 1. e+5 1e5 0x1F 0o7 0b1 _ - + : . ~ = true No on null .inf .NaN 2024-01-02 T10:20:30 Z a y 1:30 190:20:30.15".split(
    " ",
  );

const iniVars = randomValues(pythonPieces, 600)
  .filter((value) => readIniValue(value.trim()) !== undefined)
  .map((value, index) => `v${index}=${value}`);
const yamlVars = randomValues(yamlPieces, 600)
  .filter((value) => !value.endsWith(":") && !/^[-:=](?:$| )/.test(value))
  .map((value, index) => `    v${index}: ${value}`);

const randomCases: readonly Case[] = [
  {
    name: `${iniVars.length} random values in an INI file`,
    inventory: "random.ini",
    approved: ["one"],
    files: { "random.ini": `[g]\none\n[g:vars]\n${iniVars.join("\n")}\n` },
  },
  {
    name: `${yamlVars.length} random plain scalars in a YAML file`,
    inventory: "random.yml",
    approved: ["one"],
    files: { "random.yml": `g:\n  hosts: {one: {}}\n  vars:\n${yamlVars.join("\n")}\n` },
  },
];

/** What was compared, not what was expected. */
const seen = { inventories: 0, values: 0, differences: 0 };

afterAll(() => {
  const { inventories, values, differences } = seen;
  process.stdout.write(
    `[P14] ${inventories} inventories, ${values} values of groups and hosts as ansible-inventory reads them: ${differences} differences\n`,
  );
});

type Values = Readonly<Record<string, unknown>>;

/** Compares what two readings say by name, and counts it. */
function compare(of: string, ours: Values, theirs: Values): string[] {
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  const differing = names.filter((name) => !isDeepStrictEqual(ours[name], theirs[name]));
  seen.values += names.length;
  seen.differences += differing.length;
  return differing.map(
    (name) => `${of} ${name}: ${JSON.stringify(ours[name])}, not ${JSON.stringify(theirs[name])}`,
  );
}

test.each([...cases, ...randomCases])(
  "[P14] $name: Ansible reads the same groups and variables from what a run gets",
  async ({ inventory, approved, files }) => {
    const root = await mkdtemp(join(tmpdir(), "chiffon-frozen-"));
    try {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), text);
      }
      const before = await list(join(root, inventory), root);
      const frozen = freezeHosts({ root, path: inventory, approved, folders: [] });
      await writeFile(join(root, frozen.path), frozen.text);
      const after = await list(join(root, frozen.path), root);
      const { hostvars: theirs } = before._meta;
      const { hostvars: ours } = after._meta;
      seen.inventories += 1;
      const differing = compare("group", { ...after, _meta: null }, { ...before, _meta: null });
      for (const name of new Set([...Object.keys(theirs), ...Object.keys(ours), ...approved])) {
        const wanted = { ...theirs[name] };
        if (!approved.includes(name)) wanted["ansible_connection"] = refusingConnection;
        differing.push(...compare(name, ours[name] ?? {}, wanted));
      }
      expect(differing).toEqual([]);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
);
