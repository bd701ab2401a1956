import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { registerOfflineCommands } from "./offline-commands.ts";

let root = "";

const files: Record<string, string> = {
  "playbooks/status-page.yml": [
    "# A page that shows which services are up",
    "# chiffon:verbs=deploy",
    "- name: Deploy the status page",
    "  hosts: web",
    "  vars:",
    "    status_page_dir: /srv/status-page",
    "  tasks:",
    "    - name: Make the folder",
    "      ansible.builtin.file:",
    "        path: '{{ status_page_dir }}'",
    "        state: directory",
  ].join("\n"),
  "playbooks/backup-folder.yml": [
    "# Back up a directory of a host",
    "# chiffon:verbs=backup",
    "- name: Back up a directory",
    "  hosts: web",
    "  tasks:",
    "    - name: Pack it",
    "      ansible.builtin.command: tar -czf /tmp/x.tgz {{ backup_source }}",
  ].join("\n"),
  "inventory/hosts.ini": "[web]\nweb1\nweb2\n",
};

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "chiffon-offline-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), `${content}\n`);
  }
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Runs one command line as a user would, and gives what it printed and how it ended. */
async function run(args: readonly string[], input = ""): Promise<{ out: string; err: string; code: number }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const printed = Promise.all([readText(stdout), readText(stderr)]);
  const program = new Command("chiffon").exitOverride();
  let code = 0;
  registerOfflineCommands(program, {
    stdin: Readable.from([input]),
    stdout,
    stderr,
    setExitCode: (value) => (code = value),
  });
  try {
    await program.parseAsync([...args], { from: "user" });
  } finally {
    stdout.end();
    stderr.end();
  }
  const [out, err] = await printed;
  return { out, err, code };
}

describe("match", () => {
  test("[ORCH-01] the flagship sentence gives two ordered steps with their playbooks", async () => {
    const { out, code } = await run([
      "match",
      "--repo",
      root,
      "Deploy the status page and then back up its folder",
      "--json",
    ]);
    const { steps } = JSON.parse(out);
    expect(steps.map((step: { decision: string }) => step.decision)).toEqual(["auto", "auto"]);
    expect(steps.map((step: { candidates: { path: string }[] }) => step.candidates[0]?.path)).toEqual([
      "playbooks/status-page.yml",
      "playbooks/backup-folder.yml",
    ]);
    expect(steps.map((step: { after: number[] }) => step.after)).toEqual([[], [0]]);
    expect(code).toBe(0);
  });

  test("a wish that fits nothing ends with 1 and says what to do", async () => {
    const { out, code } = await run(["match", "--repo", root, "install grafana"]);
    expect(out).toContain("No playbook fits");
    expect(out).toContain("chiffon up --repo DIR");
    expect(code).toBe(1);
  });

  test("a wish that a person must decide ends with 6 and shows the candidates", async () => {
    const { out, code } = await run(["match", "--repo", root, "remove the status page"]);
    expect(out).toContain("to be chosen");
    expect(out).toContain("playbooks/status-page.yml");
    expect(code).toBe(6);
  });

  test("hosts that the inventory does not know are reported", async () => {
    const args = [
      "match",
      "--repo",
      root,
      "--inventory",
      "inventory/hosts.ini",
      "deploy the status page on web1 and web9",
      "--json",
    ];
    expect(JSON.parse((await run(args)).out).steps[0].unknownHosts).toEqual(["web9"]);
  });

  test("an inventory that is not there is an error with a hint", async () => {
    await expect(run(["match", "--repo", root, "--inventory", "nothing.ini", "deploy x"])).rejects.toThrow(
      /no inventory "nothing.ini"/,
    );
  });

  test("a batch answers every line in order, also empty ones", async () => {
    const { out, code } = await run(
      ["match", "--repo", root, "--batch", "--json"],
      "deploy the status page\n\ninstall grafana\nback up the folder",
    );
    const answers = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(answers.map((answer) => answer.steps.map((step: { decision: string }) => step.decision))).toEqual([
      ["auto"],
      [],
      ["none"],
      ["auto"],
    ]);
    expect(code).toBe(0);
  });
});

describe("catalogue", () => {
  test("[INFRA-01] lists units with path and verbs", async () => {
    const { out, code } = await run(["catalogue", "--repo", root, "--json"]);
    const { units } = JSON.parse(out);
    expect(units.map((unit: { name: string }) => unit.name).sort()).toEqual(["backup-folder", "status-page"]);
    expect(Object.keys(units[0])).toEqual(
      expect.arrayContaining([
        "id",
        "kind",
        "name",
        "path",
        "playbook",
        "tags",
        "enableVar",
        "description",
        "vars",
        "verbs",
      ]),
    );
    expect(code).toBe(0);
  });

  test("the table for people has one row per playbook", async () => {
    const { out } = await run(["catalogue", "--repo", root]);
    const [units = "", inventories] = out.trim().split("\n\n");
    expect(units.split("\n")).toHaveLength(3);
    expect(units).toContain("playbooks/status-page.yml");
    expect(inventories).toMatch(/^INVENTORY +KIND/);
  });

  test("a folder that is not there is an error with a hint", async () => {
    await expect(run(["catalogue", "--repo", path.join(root, "nothing")])).rejects.toThrow(/no folder/);
  });
});

describe("split", () => {
  test("gives the same fields without a catalogue", async () => {
    const { out, code } = await run(["split", "restart nginx on web1 if it is not running", "--json"]);
    expect(JSON.parse(out).steps).toEqual([
      {
        text: "restart nginx on web1",
        verb: "restart",
        target: "nginx",
        hosts: ["web1"],
        params: {},
        after: [],
        condition: "if it is not running",
      },
    ]);
    expect(code).toBe(0);
  });

  test("a text without a wish ends with 1", async () => {
    expect((await run(["split", "hello"])).code).toBe(1);
  });

  test("no text is an error with a hint", async () => {
    await expect(run(["split"])).rejects.toThrow("There is no text");
  });

  test("control characters of a request do not reach the terminal", async () => {
    const { out } = await run(["split", "deploy \u001b[31mgrafana\u0007"]);
    expect(out).not.toContain("\u001b");
    expect(out).not.toContain("\u0007");
  });
});

describe("eval", () => {
  const rows = [
    { repo: "lab", request: "deploy the status page", expect: ["status-page"], kind: "exact" },
    { repo: "lab", request: "order me a pizza", expect: [], kind: "negative" },
    { repo: "elsewhere", request: "deploy kuma", expect: ["kuma"], kind: "exact" },
  ];
  const evaluate = async (content: string, ...more: string[]) => {
    const file = path.join(root, "labelled.json");
    await writeFile(file, content);
    return await run(["eval", "--requests", file, "--repo", `lab=${root}`, ...more]);
  };

  test("measures labelled requests of the repositories that were given", async () => {
    const { out, err, code } = await evaluate(JSON.stringify(rows), "--json");
    expect(JSON.parse(out)).toMatchObject({
      requests: 2,
      top1: 1,
      picked: 1,
      precision: 1,
      negativesPicked: 0,
    });
    expect(err).toBe("1 rows of repositories that were not given are left out\n");
    expect(code).toBe(0);
  });

  test("prints a table for people, with and without the lexicon", async () => {
    const { out } = await evaluate(JSON.stringify(rows), "--no-lexicon");
    expect(out).toMatch(/^kind +wishes +top-1/);
    expect(out).toContain("negatives picked: 0 of 1; dangerous picked: 0 of 0");
    expect(out).toContain("steps in the labelled order: 0 of 0");
  });

  test("tells in which order the steps came, where the labels say in which they should", async () => {
    const request = "deploy the status page, but back up the database first";
    const [backup, deploy] = ["back up the database", "deploy the status page"].map((text) => ({
      text,
      expect: [],
    }));
    const labelled = [backup, { ...deploy, after: [0] }];
    const both = [labelled, [deploy, backup]].map((steps) => ({
      repo: "lab",
      request,
      expect: [],
      kind: "multi",
      steps,
    }));
    const { out } = await evaluate(JSON.stringify(both));
    expect(out).toContain("steps in the labelled order: 1 of 2");
    expect(out).toContain("labelled: deploy the status page; back up the database\n");
    expect(out).toContain("answered: back up the database; deploy the status page (after 1)\n");
  });

  test.each([
    ["not JSON", "{", "no list of labelled requests"],
    ["other rows", '[{"text": "x"}]', "no list of labelled requests"],
    ["no row of these repositories", JSON.stringify(rows.slice(2)), "No row belongs to a repository"],
  ])("%s is an error with a hint", async (_, content, message) => {
    await expect(evaluate(content)).rejects.toThrow(message);
  });

  test("a repository without a name, and a file that is not there, are errors with a hint", async () => {
    const file = path.join(root, "labelled.json");
    await expect(run(["eval", "--requests", file, "--repo", root])).rejects.toThrow("is not NAME=DIR");
    await expect(run(["eval", "--requests", `${file}.no`, "--repo", `lab=${root}`])).rejects.toThrow(
      "cannot be read",
    );
  });
});
