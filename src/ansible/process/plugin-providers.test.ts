import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { findPluginNames } from "../closure/plugin-names.ts";
import { findPluginCollections } from "./plugin-providers.ts";
import { getTools } from "./testing/lab.ts";

const run = promisify(execFile);

/** Writes files, gives the folder. */
async function write(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "chiffon-plugins-"));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

const find = (texts: readonly string[], folders: readonly string[]): string[] => {
  const names = texts.map((text) => findPluginNames(text, "tasks"));
  return [...findPluginCollections(names, { collections: folders })].toSorted();
};

const routing = `plugin_routing:
  modules:
    shout: {redirect: home.modules.shout}
  # Filters have moved.
  filter:
    shout:
      redirect: home.lab.shout
    circle:
      redirect: ansible.builtin.circle

    gone:
      redirect: home.gone.gone
  lookup: {shout: {redirect: home.lookups.shout}}
`;
const installed = {
  "lib/ansible/modules/copy.py": "",
  "lib/ansible/config/ansible_builtin_runtime.yml": routing,
  "own/ansible_collections/home/lab/meta/runtime.yml":
    "{plugin_routing: {filter: {shout: {redirect: home.next.shout}}}}\n",
  "own/ansible_collections/home/next/plugins/filter/shout.py": "",
  "own/ansible_collections/home/lookups/plugins/lookup/shout.py": "",
  "own/ansible_collections/home/modules/plugins/modules/shout.py": "",
};

test.each([
  ["a filter that Ansible sends on, and a collection again", "{{ x | shout }}", ["home.lab", "home.next"]],
  ["the same with Ansible's own collection", "{{ x | ansible.builtin.shout }}", ["home.lab", "home.next"]],
  ["the same with its old name", "{{ x | ansible.legacy.shout }}", ["home.lab", "home.next"]],
  ["a lookup of the same name", "{{ lookup('shout') }}", ["home.lookups"]],
  ["a test, of which there is none", "{{ x is shout }}", []],
  ["a filter that leads back to itself", "{{ x | circle }}", []],
  ["a filter of a collection that is not installed", "{{ x | gone }}", ["home.gone"]],
  ["what may be such a filter", "cat x | gone", []],
  ["a filter in full that is not installed", "{{ x | home.gone.gone }}", ["home.gone"]],
  ["the attribute of a variable", "{{ home.gone.gone is defined }}", []],
  ["a name that begins like a collection", "{{ lookup('home.modules.' ~ x) }}", ["home.modules"]],
])("[P3] %s leads to its collections: %s", async (_, text, expected) => {
  const root = await write(installed);
  const folders = ["none", "own", "lib"].map((name) => join(root, name));
  expect(find([text], folders)).toEqual(expected);
});

const filter = (name: string, says: string): string =>
  `class FilterModule:\n    def filters(self):\n        return {"${name}": lambda x, *a: "${says} " + str(x)}\n`;
const check = (name: string): string =>
  `class TestModule:\n    def tests(self):\n        return {"${name}": lambda x: x > 3}\n`;
const lookup = (says: string): string =>
  `from ansible.plugins.lookup import LookupBase\nclass LookupModule(LookupBase):\n    def run(self, terms, variables=None, **kwargs):\n        return ["${says}"]\n`;

test("[P3] real Ansible takes filters, tests, lookups and other plug-ins from where was found", async () => {
  const tools = await getTools();
  const playbook = `- hosts: localhost
  gather_facts: false
  strategy: home.plans.calm
  tasks:
    - debug: {msg: "{{ lookup('template', 'a.j2') }}"}
    - debug: {msg: "{{ 1 | json_query('a') }}"}
    - debug: {msg: "{{ lookup('redis', 'a') }}"}
    - debug: {msg: "{{ [1] | map('home.moved.old') | first }}"}
      when: 4 is home.checks.big
    - debug: {msg: "{{ item }}"}
      with_home.pairs.each: [1]
`;
  const template = "{{ 1 | home.lab.shout }}";
  const own = "own/ansible_collections";
  const root = await write({
    [`${own}/home/lab/plugins/filter/shout.py`]: filter("shout", "home.lab"),
    [`${own}/community/general/plugins/filter/json_query.py`]: filter("json_query", "community.general"),
    [`${own}/community/general/plugins/lookup/redis.py`]: lookup("community.general"),
    [`${own}/home/moved/meta/runtime.yml`]:
      "plugin_routing:\n  filter:\n    old:\n      redirect: home.next.new\n",
    [`${own}/home/next/plugins/filter/new.py`]: filter("new", "home.next"),
    [`${own}/home/checks/plugins/test/big.py`]: check("big"),
    [`${own}/home/pairs/plugins/lookup/each.py`]: lookup("home.pairs"),
    [`${own}/home/plans/plugins/strategy/calm.py`]:
      'DOCUMENTATION = "name: calm\\nshort_description: calm"\nfrom ansible.plugins.strategy.linear import StrategyModule as Linear\nclass StrategyModule(Linear):\n    pass\n',
    [`${own}/home/unused/plugins/filter/shout.py`]: filter("shout", "home.unused"),
    "ansible.cfg": "[defaults]\n",
    "a.j2": template,
    "site.yml": playbook,
  });
  const folders = [join(root, "own"), ...tools.collections];
  expect(find([playbook, template], folders)).toEqual([
    "community.general",
    "home.checks",
    "home.lab",
    "home.moved",
    "home.next",
    "home.pairs",
    "home.plans",
  ]);
  const { stdout } = await run(tools.playbook, ["-v", "-i", "localhost,", "-c", "local", "site.yml"], {
    cwd: root,
    env: {
      PATH: tools.searchPath,
      HOME: root,
      LANG: "C.UTF-8",
      ANSIBLE_CONFIG: join(root, "ansible.cfg"),
      ANSIBLE_COLLECTIONS_PATH: folders.join(delimiter),
      ANSIBLE_PYTHON_INTERPRETER: tools.python,
    },
  });
  expect([...stdout.matchAll(/"msg": "([\w.]+)/g)].map((match) => match[1])).toEqual([
    "home.lab",
    "community.general",
    "community.general",
    "home.next",
    "home.pairs",
  ]);
});
