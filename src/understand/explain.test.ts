import { expect, test } from "vitest";
import { explainMatch, listAssumptions } from "./explain.ts";
import { matchIntents } from "./match.ts";
import { splitRequest } from "./split.ts";
import { homelab, operations } from "./testing-units.ts";

const explain = (text: string, units = homelab) =>
  matchIntents(splitRequest(text), { units, operations, hosts: [] }).map((step) => explainMatch(step, units));

test("nothing near: says so, names the nearest and how to add a repository", () => {
  const [step] = explain("install grafito");
  expect(step?.message).toContain('No playbook fits "grafito"');
  expect(step?.message).toContain("grafana");
  expect(step?.hint).toContain("chiffon up --repo DIR");
});

test("an empty catalogue is named as the reason", () => {
  expect(explain("install grafana", [])[0]?.message).toContain("There are no playbooks yet");
});

test("a destructive wish says why it is asked about", () => {
  expect(explain("remove jellyfin")[0]?.message).toContain("can destroy something");
});

test("a pick says which playbook and why", () => {
  expect(explain("install grafana")[0]?.message).toBe(
    '"install grafana" is grafana (playbooks/grafana.yml). Its name is "grafana".',
  );
});

test("pronouns, order and prohibitions are listed as assumptions", () => {
  const assumed = listAssumptions(
    splitRequest("Deploy the wiki on web1 and then back up its folder without stopping it"),
  );
  expect(assumed[1]).toEqual([
    '"its" is read as wiki folder.',
    "It happens on web1, as said before.",
    "It waits for step 1.",
    'Kept as a constraint: "without stopping it".',
  ]);
});
