import { expect, test } from "vitest";
import type { StepPreview } from "../../contracts/preview.ts";
import { caller } from "../request/testing.ts";
import { getTrust, trustRepository } from "../trust/trust.ts";
import { createPreviewWorld, type PreviewWorld } from "./testing.ts";

const timeout = 300_000;
const inventory =
  "[servers]\nlocalhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n";

/** A playbook of a service with these tasks, which change nothing. */
const playbook = (service: string, body: string): string =>
  `# chiffon:service=${service}\n- hosts: servers\n  gather_facts: false\n${body}`;

const files = {
  "hosts.ini": inventory,
  "parts/one.yml": "- name: the part\n  ansible.builtin.debug: {msg: one}\n",
  "roles/base/tasks/main.yml": "- name: the role\n  ansible.builtin.debug: {msg: base}\n",
  // All that it can read is found by reading: also a name that a variable completes.
  "whole.yml": playbook(
    "whole",
    "  vars: {part: one}\n  roles: [base]\n  tasks:\n    - ansible.builtin.include_tasks: 'parts/{{ part }}.yml'\n",
  ),
  // Only the run knows which file and which role these are.
  "loose.yml": playbook(
    "loose",
    "  vars: {part: \"{{ ['parts', 'one.yml'] | join('/') }}\"}\n  tasks:\n    - ansible.builtin.include_tasks: '{{ part }}'\n",
  ),
  "chosen.yml": playbook(
    "chosen",
    "  vars: {wanted: base}\n  tasks:\n    - ansible.builtin.include_role: {name: '{{ wanted }}'}\n",
  ),
};

/** Plans it, lets the server do what it does by itself, and shows what came of it. */
async function tended(world: PreviewWorld, text: string, automatic = true): Promise<[string, StepPreview]> {
  const planId = await world.plan(text);
  await world.previews.tend(automatic);
  await world.previews.settled();
  const [step] = (await world.previews.get(planId)).steps;
  if (step === undefined) throw new Error("no step");
  return [planId, step];
}

const recordsOf = async ({ core }: PreviewWorld, planId: string): Promise<string[]> => {
  const rows = await core.db.selectFrom("audit_record").select(["kind", "plan_id"]).execute();
  const kinds = rows.filter((row) => row.plan_id === planId).map((row) => row.kind);
  return kinds.filter((kind) => kind.startsWith("preview.")).toSorted();
};

test(
  "a preview begins by itself when all that belongs to the playbook was found by reading",
  async () => {
    await using world = await createPreviewWorld(files);
    const [planId, step] = await tended(world, "deploy whole");
    expect(step).toMatchObject({ state: "done", held: "sandbox", startedBy: "chiffon", reason: null });
    expect(step.tasks.map((task) => task.name)).toEqual(
      expect.arrayContaining(["base : the role", "the part"]),
    );
    expect(await recordsOf(world, planId)).toEqual(["preview.finished", "preview.started"]);
  },
  timeout,
);

test.each([
  ["loose", 'loose.yml:6 includes "{{ part }}"', "the part"],
  ["chosen", "chosen.yml:6 uses a role whose name only the run knows", "base : the role"],
])(
  "a preview of %s, which could not all be found by reading, waits until somebody asks; then it runs",
  async (name, why, brought) => {
    await using world = await createPreviewWorld(files);
    const [planId, step] = await tended(world, `deploy ${name}`);
    expect(step).toMatchObject({
      state: "none",
      held: null,
      startedBy: null,
      reason: `it is previewed only when you ask: what belongs to it could not all be found by reading (${why})`,
    });
    // Not again and again either, and what reading tells is shown meanwhile.
    await world.previews.tend(true);
    await world.previews.settled();
    expect(await recordsOf(world, planId)).toEqual([]);
    expect(step.counts.unknown).toBeGreaterThan(0);
    const [asked] = (await world.look(planId)).steps;
    expect(asked).toMatchObject({ state: "done", held: "sandbox", startedBy: "ada" });
    expect(asked?.tasks.map((task) => task.name)).toContain(brought);
  },
  timeout,
);

test(
  "with automatic previews off none begins",
  async () => {
    await using world = await createPreviewWorld(files);
    const [planId, step] = await tended(world, "deploy whole", false);
    expect(step).toMatchObject({ state: "none", startedBy: null });
    expect(await recordsOf(world, planId)).toEqual([]);
  },
  timeout,
);

test(
  "with code in the repository a preview begins by itself only under trust",
  async () => {
    await using world = await createPreviewWorld({
      ...files,
      "filter_plugins/loud.py":
        'class FilterModule:\n    def filters(self):\n        return {"loud": str.upper}\n',
    });
    const [planId, step] = await tended(world, "deploy whole");
    expect(step).toMatchObject({ state: "unavailable", held: null, startedBy: null });
    expect(await recordsOf(world, planId)).not.toContain("preview.started");
    const { hash } = await getTrust(world.deps, "homelab");
    await trustRepository(world.deps, caller, { name: "homelab", hash });
    const [, trusted] = await tended(world, "deploy whole");
    expect(trusted).toMatchObject({ state: "done", held: "trust", startedBy: "chiffon" });
  },
  timeout,
);
