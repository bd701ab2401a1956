import { expect, test } from "vitest";
import { readHeader } from "./header.ts";
import { readTasks } from "./task-facts.ts";
import { decideWayBack } from "./way-back.ts";

const header = (...lines: string[]) =>
  readHeader(`${lines.map((line) => `# chiffon:way-back=${line}`).join("\n")}\n- hosts: all\n`);
const vars = [
  { name: "app_state", required: false, source: "app.yml:3" },
  { name: "db_state", required: false, source: "app.yml:4" },
];

test("a playbook says its way back: another playbook, a value of its own, or none", () => {
  expect(header("unit remove-app").wayBack?.way).toEqual({ kind: "unit", unit: "remove-app" });
  expect(header("app_state absent").wayBack?.way).toEqual({
    kind: "value",
    variable: "app_state",
    value: "absent",
  });
  expect(header("none the disk is wiped").wayBack?.way).toEqual({ kind: "none", text: "the disk is wiped" });
});

test.each(["", "unit", "app_state", "app-state absent", "app_state {{ lookup('pipe', 'id') }}"])(
  "way-back=%s is a finding with its line",
  (line) => {
    expect(header(line)).toMatchObject({
      wayBack: null,
      problems: [{ line: 1, message: expect.stringContaining("chiffon:way-back=unit NAME") }],
    });
  },
);

test("a second line and a variable that the playbook does not have are findings", () => {
  const twice = header("unit a", "unit b");
  expect(twice).toMatchObject({ wayBack: { way: { unit: "a" } }, problems: [{ line: 2 }] });
  const { found, problems } = decideWayBack(header("app_stat absent").wayBack, vars, new Set(["app_state"]));
  expect(found).toEqual({});
  expect(problems).toEqual([{ line: 1, message: expect.stringContaining('no variable "app_stat"') }]);
});

test("the one variable that is a module's state is found; of two nobody knows which", () => {
  const states = readTasks(
    [
      { file: { path: "/x", state: "{{ app_state }}" } },
      { file: { path: "/x", state: "{{ app_state | default('present') }}" } },
      { file: { path: "/x", state: "{{ 'absent' if gone else app_state }}" } },
      { file: { path: "/x", state: "{{ wanted }}" } },
      { file: { path: "/x", state: "absent" } },
    ],
    () => 1,
  ).map((task) => task.state);
  expect(states).toEqual(["app_state", "app_state", null, null, null]);
  expect(decideWayBack(null, vars, new Set(["app_state", "elsewhere_state"]))).toEqual({
    found: { wayBack: { kind: "state", variable: "app_state" } },
    problems: [],
  });
  expect(decideWayBack(null, vars, new Set(["app_state", "db_state"])).found).toEqual({});
});
