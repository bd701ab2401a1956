import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { findProviders } from "./providers.ts";
import { getTools } from "./testing/lab.ts";

const run = promisify(execFile);
const timeout = 120_000;

/** Writes files, gives the folder. */
async function write(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "chiffon-providers-"));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

const routing = (kind: string, leads: Readonly<Record<string, string>>): string =>
  `plugin_routing:\n  ${kind}:\n${Object.entries(leads)
    .map(([name, to]) => `    ${name}:\n      redirect: ${to}\n`)
    .join("")}`;

const installed = {
  "lib/ansible/modules/copy.py": "",
  "lib/ansible/modules/_include.py": "",
  "lib/ansible/config/ansible_builtin_runtime.yml": routing("modules", {
    docker_container: "community.docker.docker_container",
    timezone: "home.other.salute",
  }),
  "own/ansible_collections/home/lab/plugins/modules/greet.py": "",
  "own/ansible_collections/home/lab/plugins/modules/deep/er/old.py": "",
  "own/ansible_collections/home/lab/plugins/action/act.py": "",
  "own/ansible_collections/home/lab/meta/runtime.yml": routing("modules", {
    hail: "home.other.hail",
    old: "home.lab.deep.er.old",
    circle: "home.lab.circle",
  }),
  "own/ansible_collections/home/other/plugins/modules/salute.ps1": "",
  "own/ansible_collections/home/other/meta/runtime.yml": routing("modules", { hail: "home.third.hail" }),
  "own/ansible_collections/home/third/plugins/modules/hail.py": "",
};

/** What is found for one module, with these collections listed. */
async function lookUp(
  name: string,
  listed: string[] = [],
  files: string[] = [],
): Promise<{ collections: string[]; unknown: string[] }> {
  const root = await write(installed);
  const question = {
    modules: [{ name, source: "site.yml:1" }],
    collections: listed,
    files: files.map((path) => ({ path })),
  };
  const tools = { collections: [join(root, "none"), join(root, "own"), join(root, "lib")] };
  const { collections, unknown } = findProviders(question, tools);
  return { collections, unknown: unknown.map((each) => each.name) };
}

test.each([
  { what: "of Ansible's own", name: "copy", listed: [], collections: [] },
  { what: "that is to go", name: "include", listed: [], collections: [] },
  { what: "of Ansible's own, in full", name: "ansible.builtin.copy", listed: [], collections: [] },
  { what: "that a listed collection has", name: "greet", listed: ["home.lab"], collections: ["home.lab"] },
  {
    what: "that a listed collection has as an action",
    name: "act",
    listed: ["home.lab"],
    collections: ["home.lab"],
  },
  { what: "in a folder of its collection", name: "old", listed: ["home.lab"], collections: ["home.lab"] },
  {
    what: "that its collection sends on, twice",
    name: "hail",
    listed: ["home.lab"],
    collections: ["home.lab", "home.other", "home.third"],
  },
  {
    what: "in full that its collection sends on",
    name: "home.lab.hail",
    listed: [],
    collections: ["home.lab", "home.other", "home.third"],
  },
  { what: "that Ansible sends on", name: "timezone", listed: [], collections: ["home.other"] },
  {
    what: "that Ansible sends to what is not installed",
    name: "docker_container",
    listed: [],
    collections: ["community.docker"],
  },
  {
    what: "while listed collections do not have it",
    name: "copy",
    listed: ["home.lab", "home.none"],
    collections: ["home.lab", "home.none"],
  },
])("[P3] a module $what: $name", async ({ name, listed, collections }) => {
  expect(await lookUp(name, listed)).toEqual({ collections, unknown: [] });
});

test.each([
  ["library/mine.py", "mine"],
  ["roles/web/library/deep/mine.py", "mine"],
  ["play/action_plugins/mine.py", "mine"],
  ["collections/ansible_collections/in/here/plugins/modules/mine.py", "in.here.mine"],
])("[P3] a module that comes with the repository is in its snapshot: %s", async (path, name) => {
  expect(await lookUp(name, [], [path])).toEqual({ collections: [], unknown: [] });
});

test.each([
  ["greet", []],
  ["nothing", ["home.lab"]],
  ["home.lab.nothing", ["home.lab"]],
  ["circle", ["home.lab"]],
  ["{{ which }}", ["home.lab"]],
])("[P3] of %s nothing tells where it comes from", async (name, listed) => {
  expect(await lookUp(name, listed)).toEqual({ collections: listed, unknown: [name] });
});

test(
  "[P3] real Ansible takes modules from where was found",
  async () => {
    const tools = await getTools();
    const says = (collection: string): string =>
      `DOCUMENTATION = "module: x\\nshort_description: x"\nfrom ansible.module_utils.basic import AnsibleModule\nAnsibleModule({}).exit_json(msg="from ${collection}")\n`;
    const root = await write({
      "own/ansible_collections/community/docker/plugins/modules/docker_container.py":
        says("community.docker"),
      "own/ansible_collections/home/lab/plugins/modules/greet.py": says("home.lab"),
      "own/ansible_collections/home/lab/meta/runtime.yml": routing("modules", { hail: "home.other.hail" }),
      "own/ansible_collections/home/other/plugins/modules/hail.py": says("home.other"),
      "ansible.cfg": "[defaults]\n",
      "site.yml":
        "- hosts: localhost\n  gather_facts: false\n  collections: [home.lab]\n  tasks:\n    - greet:\n    - hail:\n    - docker_container:\n    - ping:\n",
    });
    const names = ["greet", "hail", "docker_container", "ping"];
    const question = {
      modules: names.map((name) => ({ name, source: "site.yml:1" })),
      collections: ["home.lab"],
      files: [],
    };
    const folders = [join(root, "own"), ...tools.collections];
    expect(findProviders(question, { collections: folders })).toEqual({
      collections: ["community.docker", "home.lab", "home.other"],
      unknown: [],
    });
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
    expect([...stdout.matchAll(/"msg": "from ([\w.]+)"/g)].map((match) => match[1])).toEqual([
      "home.lab",
      "home.other",
      "community.docker",
    ]);
    expect(stdout).toContain('"ping": "pong"');
  },
  timeout,
);
