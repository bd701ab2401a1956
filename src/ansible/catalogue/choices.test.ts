import { expect, test } from "vitest";
import { checkChoices } from "./choices.ts";
import { readHeader } from "./header.ts";

const header = (...lines: string[]) =>
  readHeader(`${lines.map((line) => `# chiffon:choice=${line}`).join("\n")}\n- hosts: all\n`);

test("a playbook says what it chooses by itself, what each way needs and which version it brings", () => {
  const { choices, problems } = header(
    "kuma_method docker needs docker version kuma_release",
    "kuma_method git  needs git, npm ,internet",
    "kuma_method npm",
  );
  expect(problems).toEqual([]);
  const variable = "kuma_method";
  expect(choices.map((each) => each.choice)).toEqual([
    { variable, value: "docker", needs: ["docker"], version: "kuma_release" },
    { variable, value: "git", needs: ["git", "npm", "internet"], version: null },
    { variable, value: "npm", needs: [], version: null },
  ]);
});

test.each([
  ["kuma_method", "cannot be read"],
  ["kuma method docker needs", "cannot be read"],
  ["kuma_method docker needs docker version 2.5.3", "cannot be read"],
  ["kuma_method {{docker}}", "cannot be read"],
  [`kuma_method docker needs ${"git,".repeat(200)}npm`, "cannot be read"],
  [
    "kuma_method docker needs docker,quantum",
    '"quantum" is nothing that can be looked for. Known are docker, ',
  ],
])("%s is a finding with its line", (line, message) => {
  const { choices, problems } = header("kuma_method npm", line);
  expect(choices).toHaveLength(1);
  expect(problems).toEqual([{ line: 2, message: expect.stringContaining(message) }]);
});

test("a value that is there twice and more lines than are read are findings", () => {
  expect(header("a b", "a b needs git")).toMatchObject({
    choices: [{ choice: { needs: [] } }],
    problems: [{ line: 2, message: expect.stringContaining("the first line counts") }],
  });
  const many = header(...Array.from({ length: 40 }, (_, index) => `a v${index}`));
  expect(many.choices).toHaveLength(24);
  expect(many.problems).toHaveLength(16);
});

test("a choice about a variable that the playbook does not have is a finding and no choice", () => {
  const { choices } = header("kuma_method docker version kuma_relaese", "kuma_methd git", "kuma_method npm");
  const checked = checkChoices(choices, new Set(["kuma_method", "kuma_release"]));
  expect(checked.choices.map((choice) => choice.value)).toEqual(["npm"]);
  expect(checked.problems).toEqual([
    { line: 1, message: expect.stringContaining('no variable "kuma_relaese"') },
    { line: 2, message: expect.stringContaining('no variable "kuma_methd"') },
  ]);
});
