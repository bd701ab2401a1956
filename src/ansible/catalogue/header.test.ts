import { expect, test } from "vitest";
import { readHeader } from "./header.ts";

test("[E2E-02] a playbook says which variable wants the list of portals", () => {
  const header = readHeader("# chiffon:service=uptime-kuma\n# chiffon:portals=kuma_portals\n- hosts: all\n");
  expect(header).toMatchObject({ portals: "kuma_portals", services: ["uptime-kuma"], problems: [] });
  expect(readHeader("- hosts: all\n").portals).toBeNull();
});

test("a name that is none, and a second variable, are findings with their line", () => {
  expect(readHeader("# chiffon:portals=two words\n- hosts: all\n")).toMatchObject({
    portals: null,
    problems: [{ line: 1, message: expect.stringContaining("chiffon:portals=NAME") }],
  });
  expect(readHeader("# chiffon:portals=a\n# chiffon:portals=b\n- hosts: all\n")).toMatchObject({
    portals: "a",
    problems: [{ line: 2, message: expect.stringContaining('"a" already') }],
  });
});
