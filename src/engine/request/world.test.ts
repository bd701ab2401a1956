import { expect, test } from "vitest";
import { makeUnit } from "../../understand/testing-units.ts";
import { createWorld, listNames } from "./world.ts";

const read = (name: string, unit: string) => ({
  repository: { name, root: `/srv/${name}`, inventory: null },
  catalogue: {
    repository: name,
    root: `/srv/${name}`,
    units: [makeUnit(unit)],
    inventories: [],
    findings: [],
  },
});

test("unchanged catalogues give the same list of units, so that its index is made once", () => {
  const [home, work, other] = [read("home", "grafana"), read("work", "wiki"), read("work", "blog")] as const;
  const { units } = createWorld([home, work], []);
  expect(units.map((unit) => unit.name)).toEqual(["grafana", "wiki"]);
  expect(createWorld([home, work], []).units).toBe(units);
  expect(createWorld([home, other], []).units.map((unit) => unit.name)).toEqual(["grafana", "blog"]);
  expect(createWorld([home], []).units.map((unit) => unit.name)).toEqual(["grafana"]);
  expect(createWorld([], []).units).toEqual([]);
});

test("unchanged catalogues give the same list of names, so that how people say them is worked out once", () => {
  const [home, work] = [read("home", "grafana"), read("work", "wiki")] as const;
  const operations = [makeUnit("ping")];
  const names = listNames(createWorld([home, work], operations));
  expect(names).toEqual(["grafana", "wiki", "ping"]);
  expect(listNames(createWorld([home, work], operations))).toBe(names);
  expect(listNames(createWorld([home, work], [makeUnit("facts")]))).toEqual(["grafana", "wiki", "facts"]);
  expect(listNames(createWorld([home], operations))).toEqual(["grafana", "ping"]);
});
