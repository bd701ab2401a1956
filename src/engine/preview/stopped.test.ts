import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { listMarked } from "../../ansible/process/testing/lab.ts";
import type { StepPreview } from "../../contracts/preview.ts";
import { createPreviewWorld, type PreviewWorld } from "./testing.ts";

const timeout = 300_000;
const here = "ansible_connection=local ansible_python_interpreter=/usr/bin/python3";
const inventory = `[servers]\none ${here}\ntwo ${here}\n`;
const play = (service: string, tasks: string): string =>
  `# chiffon:service=${service}\n- hosts: servers\n  gather_facts: false\n  tasks:\n${tasks}`;

async function look(world: PreviewWorld, text: string): Promise<StepPreview> {
  const [step] = (await world.look(await world.plan(text))).steps;
  if (step === undefined) throw new Error("no step");
  return step;
}

/** Processes of previews that are left, and their run directories. */
async function leftOf({ core, deps }: PreviewWorld): Promise<unknown[]> {
  const rows = await core.db.selectFrom("plan_preview").select("id").execute();
  const marked = await Promise.all(rows.map(({ id }) => listMarked(id)));
  return [...marked.flat(), ...(await readdir(deps.folder))];
}

const classesOf = (step: StepPreview): string[] =>
  step.tasks.map((task) => task.results.map((result) => result.class).join("+"));

test(
  "a preview that hangs ends at its limit: it could not continue past that task, and nothing of it is left",
  async () => {
    await using world = await createPreviewWorld(
      {
        "hosts.ini": inventory,
        "slow.yml": play(
          "slow",
          `    - name: first
      ansible.builtin.debug: {msg: here}
    - name: wait for ever
      ansible.builtin.pause: {seconds: 86400}
    - name: last
      ansible.builtin.debug: {msg: there}
`,
        ),
      },
      { longestSeconds: 15 },
    );
    const step = await look(world, "deploy slow");
    expect(step).toMatchObject({
      state: "stopped",
      held: "sandbox",
      reason:
        'the preview could not continue past task 2 ("wait for ever", slow.yml:7): it took longer than 15 seconds',
    });
    expect(step.hint).toMatch(/^This does not mean that the run would fail/);
    expect(JSON.stringify(step)).not.toMatch(/will fail/);
    expect(classesOf(step)).toEqual(["same", "unknown", "unknown"]);
    expect(step.tasks.map((task) => task.results[0]?.reason)).toEqual([
      null,
      "the preview ended while it ran",
      "the preview did not come this far",
    ]);
    expect(await leftOf(world)).toEqual([]);
  },
  timeout,
);

test(
  "a preview that fails names the task past which it could not continue, and the host where others went on",
  async () => {
    await using world = await createPreviewWorld({
      "hosts.ini": inventory,
      "fails.yml": play(
        "fails",
        `    - name: first
      ansible.builtin.debug: {msg: here}
    - name: read what is made only for real
      ansible.builtin.slurp: {src: "/nowhere/{{ inventory_hostname }}"}
      when: inventory_hostname == "one"
    - name: last
      ansible.builtin.debug: {msg: there}
`,
      ),
      "breaks.yml": play(
        "breaks",
        `    - name: begin
      ansible.builtin.debug: {msg: here}
    - name: bring what is not there
      ansible.builtin.include_tasks: none.yml
`,
      ),
    });
    const step = await look(world, "deploy fails");
    expect(step).toMatchObject({
      state: "stopped",
      reason:
        'the preview could not continue past task 2 ("read what is made only for real", fails.yml:7) on one: check mode could not do a task',
      hint: "This does not mean that the run would fail: check mode cannot make what later tasks need.",
    });
    expect(classesOf(step)).toEqual(["same", "unknown+same", "unknown+same"]);
    expect(step.tasks[1]?.results[0]).toMatchObject({
      hosts: ["one"],
      reason: expect.stringContaining("check mode could not do it: file not found"),
    });
    const broken = await look(world, "deploy breaks");
    expect(broken.reason).toContain(
      'the preview could not continue past task 2 ("bring what is not there", breaks.yml:7)',
    );
    expect(JSON.stringify([step, broken])).not.toMatch(/will fail/);
    expect(await leftOf(world)).toEqual([]);
  },
  timeout,
);

test.each(["end_host", "end_play"])(
  "where %s may end the play, what it would keep from coming cannot be known; a later play, and a sure end, can",
  async (action) => {
    const write = (name: string): string =>
      `    - name: write ${name}\n      ansible.builtin.copy: {content: x, dest: "{{ playbook_dir | regex_replace('/data/.*', '/${name}') }}", mode: "0644"}\n`;
    const end = (name: string, when: string): string =>
      `    - name: ${name}\n      ansible.builtin.meta: ${action}\n      when: ${when}\n`;
    const next = "- hosts: servers\n  gather_facts: false\n  tasks:\n";
    const tasks = [
      "    - name: ask\n      ansible.builtin.command: echo go on\n      register: said\n",
      write("first"),
      end("perhaps", "\"'go on' not in said.stdout\""),
      write("second"),
      next,
      write("third"),
      end("surely", "inventory_hostname in ['one', 'two']"),
      write("fourth"),
      next,
      write("fifth"),
    ];
    await using world = await createPreviewWorld({
      "hosts.ini": inventory,
      "ends.yml": play("ends", tasks.join("")),
    });
    const step = await look(world, "deploy ends");
    expect(step.state).toBe("done");
    const found = Object.fromEntries(step.tasks.map((task, at) => [task.name, classesOf(step)[at]]));
    expect(found).toEqual({
      ask: "unknown",
      "write first": "change",
      perhaps: "unknown",
      "write second": "unknown",
      "write third": "change",
      surely: "same",
      "write fourth": "same",
      "write fifth": "change",
    });
    expect(step.tasks.find((task) => task.name === "write second")?.results[0]?.reason).toBe(
      'it comes only if "perhaps" does not end the play before, which cannot be known',
    );
  },
  timeout,
);
