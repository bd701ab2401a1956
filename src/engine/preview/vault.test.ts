import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { listMarked } from "../../ansible/process/testing/lab.ts";
import type { StepPreview } from "../../contracts/preview.ts";
import { getPlan } from "../plan/sql.ts";
import { createPreviewWorld, type PreviewWorld } from "./testing.ts";

/*
 * What is encrypted, and no password for it anywhere. The repository's ansible.cfg would ask a person or a program that never answers.
 */

const timeout = 300_000;
const encrypted = `$ANSIBLE_VAULT;1.1;AES256
66333035323834386461623365323237326464613964353830633463653233633463646463353338
3933353263646464363634353439656136653430623431360a383438653032323235326538383430
38326439653565366262323364363663666465353634383136303166343862663661633238656536
3634633834383332650a393064366662653866633430383732366666663662373463356535613763
36373535633633338323764303737376164626365313038393435626537303133
`;
const value = `db_password: !vault |\n${encrypted.replaceAll(/^(?=.)/gm, "  ")}`;

const playbook = (head = ""): string => `# chiffon:service=app
- hosts: servers
  gather_facts: false
${head}  tasks:
    - name: before it
      ansible.builtin.debug: {msg: here}
    - name: write the password
      ansible.builtin.copy: {content: "{{ db_password }}", dest: "{{ playbook_dir | regex_replace('/data/.*', '/password') }}", mode: "0600"}
`;

const base = {
  "hosts.ini":
    "[servers]\none ansible_connection=local ansible_python_interpreter=/usr/bin/python3\ntwo ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n",
  "ansible.cfg": "[defaults]\nask_vault_pass = True\nvault_password_file = ./ask.sh\n",
  "ask.sh": "#!/bin/sh\nexec sleep 86400\n",
};

/** The preview that began by itself, and what the plan's card says; nothing of it is left. */
async function look(world: PreviewWorld): Promise<{ step: StepPreview; card: string | undefined }> {
  const planId = await world.plan("deploy app");
  await world.previews.tend(true);
  await world.previews.settled();
  const [step] = (await world.previews.get(planId)).steps;
  if (step === undefined) throw new Error("no step");
  const rows = await world.core.db.selectFrom("plan_preview").select("id").execute();
  for (const { id } of rows) expect(await listMarked(id)).toEqual([]);
  expect(await readdir(world.deps.folder)).toEqual([]);
  return { step, card: (await getPlan(world.core.db, planId)).steps[0]?.vault };
}

const advice =
  "keep the values as secrets of Chiffon instead (chiffon secret set NAME, and # chiffon:secret=NAME in the playbook)";
const hint = `Chiffon gives Ansible no vault password, and asks for none: ${advice}, and take files that are encrypted as a whole out of it.`;

test.each([
  [
    "a vars file",
    { "secret/vault.yml": encrypted, "app.yml": playbook("  vars_files: [secret/vault.yml]\n") },
  ],
  ["variables of a group", { "group_vars/servers/vault.yml": encrypted, "app.yml": playbook() }],
])(
  "of a plan with %s encrypted as a whole, the preview says that it could not begin, why, and what to do; nothing waits for a password",
  async (_, files) => {
    await using world = await createPreviewWorld({ ...base, ...files });
    const { step, card } = await look(world);
    expect(step).toMatchObject({ state: "stopped", held: "sandbox", startedBy: "chiffon", hint });
    expect(step.reason).toBe(
      "the preview could not begin: Ansible ended with an error: Attempting to decrypt but no vault secrets found",
    );
    expect(JSON.stringify(step)).not.toMatch(/will fail/);
    expect(step.counts).toEqual({ change: 0, same: 0, unknown: 4 });
    expect(card).toMatch(/needs a vault password, .*vault\.yml cannot be opened; /);
    expect(card).toContain(advice);
  },
  timeout,
);

test(
  "of a plan that uses an encrypted value, the preview names the task that needs it, and what to do",
  async () => {
    await using world = await createPreviewWorld({
      ...base,
      "group_vars/servers.yml": value,
      "app.yml": playbook(),
    });
    const { step, card } = await look(world);
    expect(step).toMatchObject({ state: "stopped", hint });
    expect(step.reason).toBe(
      'the preview could not continue past task 2 ("write the password", app.yml:7): check mode could not do a task',
    );
    expect(step.tasks[1]?.results).toEqual([
      {
        class: "unknown",
        hosts: ["one", "two"],
        reason: "check mode could not do it: Attempting to decrypt but no vault secrets found",
      },
    ]);
    expect(card).toContain("where it uses db_password (group_vars/servers.yml:1)");
  },
  timeout,
);

test(
  "with the value as a secret of Chiffon the encrypted one is not needed, and the preview comes to its end",
  async () => {
    await using world = await createPreviewWorld(
      {
        ...base,
        "group_vars/servers.yml": value,
        "app.yml": playbook().replace("\n", "\n# chiffon:secret=db_password\n"),
      },
      {
        secretVersions: (names) => Promise.resolve(names.map((name) => ({ name, version: 1 }))),
        secretValues: () => Promise.resolve({ db_password: "hunter2" }),
      },
    );
    const { step, card } = await look(world);
    expect(step).toMatchObject({ state: "done", hint: null, counts: { change: 2, same: 2, unknown: 0 } });
    expect(JSON.stringify(step)).not.toContain("hunter2");
    expect(card).toBeUndefined();
    // The same new file on both hosts is one change, which names no place of Chiffon's own.
    expect(step.tasks[1]?.diffs).toEqual([
      { hosts: ["one", "two"], text: "--- nothing\n+++ a new file\n@@ -0,0 +1,1 @@\n+«secret:db»" },
    ]);
  },
  timeout,
);
