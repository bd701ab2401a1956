import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditPage } from "../../src/contracts/audit.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Request } from "../../src/contracts/request.ts";
import type { RepositoryTrust } from "../../src/contracts/trust.ts";
import { approve, ended, plan, writeRepository } from "../support/jobs.ts";
import { preview, tableOf } from "../support/previews.ts";
import { createWorld, signUp, startServer, type Api, type Server, type World } from "../support/server.ts";
import { openPlace } from "../support/open-place.ts";

/*
 * An inventory that is a script and never says the same twice: another word, and another host beside the one that is asked for. All of
 * its hosts are this machine, so one that is not stopped leaves its mark for sure.
 */
const script = `#!/usr/bin/python3
import json, uuid
word = uuid.uuid4().hex
here = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}
guest = "guest-" + word
print(json.dumps({"web": {"hosts": ["web1", guest], "vars": {"word": word}}, "_meta": {"hostvars": {"web1": here, guest: here}}}))
`;

let world: World;
let server: Server;
let api: Api;
const sentence = "Deploy the greeter on web1";
const mark = (name: string): string => path.join(world.dir, name);

beforeAll(async () => {
  world = await createWorld(path.join(openPlace(), ".chiffon-e2e-"));
  const repository = await writeRepository(world, {
    "inventory/cloud.py": script,
    "greeter.yml": `# chiffon:service=greeter
- name: Deploy the greeter
  hosts: web
  gather_facts: false
  tasks:
    - name: Write the word
      ansible.builtin.copy:
        content: "{{ word }} {{ groups['web'] | sort | join(' ') }}\\n"
        dest: ${mark("{{ inventory_hostname }}.txt")}
        mode: "0644"
`,
  });
  // The only inventory is the script.
  await rm(path.join(repository, "hosts.yml"));
  await chmod(path.join(repository, "inventory/cloud.py"), 0o755);
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signUp(server);
}, 180_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function trust(): Promise<void> {
  const { hash } = await api.get<RepositoryTrust>("/repositories/repository/trust");
  await api.post<RepositoryTrust>("/repositories/repository/trust", { hash });
}

async function countAsked(): Promise<number> {
  const { items } = await api.get<AuditPage>("/audit/query?limit=200");
  return items.filter((record) => record.kind === "inventory.asked").length;
}

/** What a preview says that would be written. */
async function previewedText(shown: Plan): Promise<string> {
  const step = await preview(api, shown.id);
  expect([step.state, step.reason, tableOf(step)]).toEqual(["done", null, { "Write the word": "change" }]);
  const [diff] = step.tasks[0]?.diffs ?? [];
  return /^\+([0-9a-f]{32} .*)$/m.exec(diff?.text ?? "")?.[1] ?? "";
}

test("[P3] without trust an inventory script is not asked, and there is no plan", async () => {
  const refused = await api.post<Request>("/requests", { text: sentence });
  expect(refused).toMatchObject({
    status: "failed",
    problem: { hint: expect.stringContaining("repo trust") },
  });
  expect(await countAsked()).toBe(0);
});

test("[P3] an inventory script that answers differently each time is asked once for a plan: preview, approval and run have that answer", async () => {
  await trust();
  const shown = await plan(api, sentence);
  expect(shown.steps[0]?.hosts).toEqual(["web1"]);
  const said = await previewedText(shown);
  expect(said).toMatch(/^([0-9a-f]{32}) guest-\1 web1$/);

  const other = await plan(api, sentence);
  expect(other.hash).not.toBe(shown.hash);
  expect(await previewedText(other)).not.toBe(said);
  expect(await countAsked()).toBe(2);

  const run = await ended(api, await approve(api, shown));
  expect(run.state).toBe("succeeded");
  expect(await readFile(mark("web1.txt"), "utf8")).toBe(`${said}\n`);
  const [guest = ""] = said.split(" ").slice(1);
  await expect(readFile(mark(`${guest}.txt`))).rejects.toThrow("ENOENT");
  expect(await countAsked()).toBe(2);
}, 240_000);

test("[P3] a script that was changed makes its plans stale, and is not asked before somebody trusts it again", async () => {
  await trust();
  const shown = await plan(api, sentence);
  await writeFile(path.join(world.dir, "repository/inventory/cloud.py"), `${script}\n# changed\n`);
  await expect(approve(api, shown)).rejects.toThrow(/files have changed/);
  const before = await countAsked();
  const refused = await api.post<Request>("/requests", { text: sentence });
  expect(refused.problem?.message).toContain("changed since");
  expect(await countAsked()).toBe(before);
}, 120_000);
