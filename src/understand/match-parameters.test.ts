import { describe, expect, test } from "vitest";
import type { Unit, UnitVariable } from "../contracts/catalogue.ts";
import { bindParameters } from "./match-parameters.ts";
import { matchIntents } from "./match.ts";
import { splitRequest } from "./split.ts";
import { makeUnit, operations } from "./testing-units.ts";

const variable = (name: string, value?: UnitVariable["default"]): UnitVariable => ({
  name,
  required: value === undefined,
  source: "playbooks/x.yml:3",
  ...(value === undefined ? {} : { default: value }),
});

const page = makeUnit("status-page", {
  verbs: ["deploy"],
  vars: [variable("status_page_dir", "/srv/status-page"), variable("status_page_port", 8080)],
});
const backup = makeUnit("backup-folder", {
  verbs: ["backup"],
  vars: [variable("backup_source"), variable("backup_dest", "/var/backups")],
});

const way = (value: string) => ({ variable: "kuma_method", value, needs: [], version: null });
const kuma = makeUnit("uptime-kuma", {
  verbs: ["deploy"],
  vars: [variable("kuma_method", "auto"), variable("kuma_port", 3001)],
  choices: [way("docker"), way("git"), way("npm")],
});

function bind(text: string, units: Unit[] = [page, backup]) {
  const matched = matchIntents(splitRequest(text), { units, operations, hosts: [] });
  return bindParameters(matched, units);
}

describe("parameters", () => {
  test("[ORCH-01] a port goes to the one variable that ends with it", () => {
    const [step] = bind("deploy the status page on port 9000");
    expect(step?.vars).toEqual({
      status_page_port: {
        value: "9000",
        source:
          '"port 9000" in the request; "status_page_port" (playbooks/x.yml:3) is the only variable for it.',
      },
    });
    expect(step?.questions).toEqual([]);
  });

  test("[ORCH-01] its folder is the folder that the first step's playbook writes down", () => {
    const [, step] = bind("Deploy the status page and then back up its folder");
    expect(step?.vars["backup_source"]?.value).toBe("/srv/status-page");
    expect(step?.vars["backup_source"]?.source).toContain("status_page_dir");
    expect(step?.questions).toEqual([]);
  });

  test("a folder computed by a template is asked for, not copied", () => {
    const templated = makeUnit("status-page", {
      verbs: ["deploy"],
      vars: [variable("status_page_dir", "{{ base }}/page")],
    });
    const [, step] = bind("Deploy the status page and then back up its folder", [templated, backup]);
    expect(step?.vars).toEqual({});
    expect(step?.questions.join(" ")).toContain("Which folder");
  });

  test("two folders are asked about", () => {
    const two = makeUnit("status-page", {
      verbs: ["deploy"],
      vars: [variable("page_dir", "/srv/a"), variable("log_dir", "/srv/b")],
    });
    const [, step] = bind("Deploy the status page and then back up its folder", [two, backup]);
    expect(step?.questions.join(" ")).toContain("/srv/a");
    expect(step?.vars).toEqual({});
  });

  test("a folder given as a path goes to the source, the destination to the destination", () => {
    const [step] = bind("run the backup-folder playbook from /srv/wiki to /mnt/nas");
    expect(step?.vars["backup_source"]?.value).toBe("/srv/wiki");
    expect(step?.vars["backup_dest"]?.value).toBe("/mnt/nas");
  });

  test("a port that two variables could mean is asked about", () => {
    const two = makeUnit("gate", { vars: [variable("http_port", 80), variable("https_port", 443)] });
    const [step] = bind("deploy gate on port 9000", [two]);
    expect(step?.vars).toEqual({});
    expect(step?.questions).toEqual([
      'Which variable of gate is "port 9000" meant for: http_port, https_port?',
    ]);
  });

  test("a version without a variable is listed as not used", () => {
    const [step] = bind("deploy the status page version 2.1");
    expect(step?.unused).toEqual(['"version 2.1": status-page has no variable for it.']);
  });

  test("what must not be done is a constraint, not a variable", () => {
    const [step] = bind("deploy the status page without restarting nginx");
    expect(step?.constraints).toEqual(["without restarting nginx"]);
    expect(step?.unused).toEqual([]);
  });

  test.each([
    ["deploy uptime kuma with Docker", "docker"],
    ["deploy uptime kuma by npm", "npm"],
    ["install uptime kuma via git on port 3002", "git"],
    ["deploy uptime kuma from npm", "npm"],
  ])("%s: a way that the unit declares goes to its variable", (text, value) => {
    const [step] = bind(text, [kuma]);
    expect(step?.vars["kuma_method"]?.value).toBe(value);
    expect(step?.vars["kuma_method"]?.source).toMatch(/in the request; uptime-kuma declares it/);
    expect(step?.unused).toEqual([]);
  });

  test.each([
    "deploy uptime kuma with docker exporter",
    "deploy uptime kuma with podman",
    "deploy uptime kuma to docker",
  ])("%s: other words are no such way", (text) => {
    expect(bind(text, [kuma])[0]?.vars).toEqual({});
  });

  test("a way said twice is the one that names the variable", () => {
    const [step] = bind("deploy uptime kuma with docker and kuma_method=npm", [kuma]);
    expect(step?.vars["kuma_method"]?.value).toBe("npm");
  });

  test("hosts that are taken out are listed", () => {
    const [step] = bind("deploy the status page on all hosts except web1 and db1");
    expect(step?.excludedHosts).toEqual(["web1", "db1"]);
  });

  test("a required variable without a value is asked for", () => {
    const [step] = bind("run the backup-folder playbook");
    expect(step?.questions).toEqual([
      'backup-folder needs a value for "backup_source" (playbooks/x.yml:3). Which one?',
    ]);
  });

  test("a unit that a person chose gets its values too", () => {
    const matched = matchIntents(splitRequest("remove the status page on port 9000"), {
      units: [page],
      operations,
      hosts: [],
    });
    expect(matched[0]?.decision).toBe("ask");
    expect(bindParameters(matched, [page])[0]?.vars["status_page_port"]?.value).toBe("9000");
  });
});
