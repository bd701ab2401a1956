import { describe, expect, test } from "vitest";
import type { Catalogue } from "../contracts/catalogue.ts";
import { makeUnit } from "../understand/testing-units.ts";
import { getUnit, listPlaybooks } from "./playbooks.ts";

const catalogue: Catalogue = {
  repository: "home",
  root: "/srv/home",
  units: [
    makeUnit("backup-folder"),
    makeUnit("status-page", { description: "backup of nothing" }),
    makeUnit("twin", { path: "a/twin.yml" }),
    makeUnit("twin", { path: "b/twin.yml" }),
  ],
  inventories: [],
  findings: [{ path: "broken.yml", line: 3, message: "not YAML" }],
};

describe("the list of playbooks", () => {
  test("comes page by page, each unit once, what could not be read with the first page", () => {
    const first = listPlaybooks([catalogue], { limit: 3 });
    const seen = first.items.map((unit) => unit.id);
    let page = first;
    while (page.next !== null) {
      page = listPlaybooks([catalogue], { limit: 3, cursor: page.next });
      expect(page.findings).toEqual([]);
      seen.push(...page.items.map((unit) => unit.id));
    }

    expect(first.findings).toEqual([
      { repository: "home", path: "broken.yml", line: 3, message: "not YAML" },
    ]);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(first.total);
    expect(seen).toEqual(
      expect.arrayContaining([...catalogue.units.map((unit) => unit.id), "operation:ping"]),
    );
  });

  test("with a query has only what fits, a name before a description", () => {
    const { items, total } = listPlaybooks([catalogue], { limit: 10, q: "backup" });

    expect(items.map((unit) => unit.name)).toEqual(["backup-folder", "status-page"]);
    expect(total).toBe(2);
  });

  test("refuses a cursor that it has not given", () => {
    expect(() => listPlaybooks([catalogue], { limit: 3, cursor: "-1" })).toThrow(/cursor/);
  });
});

describe("one playbook", () => {
  test("is found by id or by a name that only it has", () => {
    expect(getUnit([catalogue], "home:b/twin.yml").path).toBe("b/twin.yml");
    expect(getUnit([catalogue], "status-page").name).toBe("status-page");
  });

  test("is asked for again when several have the name or none has it", () => {
    expect(() => getUnit([catalogue], "twin")).toThrow(/home:a\/twin\.yml, home:b\/twin\.yml/);
    expect(() => getUnit([catalogue], "nothing")).toThrow(/no playbook "nothing"/);
  });
});
