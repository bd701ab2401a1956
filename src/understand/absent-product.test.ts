import { describe, expect, test } from "vitest";
import type { Unit } from "../contracts/catalogue.ts";
import type { MatchedIntent } from "../contracts/intent.ts";
import { explainMatch } from "./explain.ts";
import { matchIntents } from "./match.ts";
import { splitRequest } from "./split.ts";
import { makeUnit, operations } from "./testing-units.ts";

const units = [
  "adguard-home",
  "bar-assistant",
  "plex",
  "gitea",
  "vaultwarden",
  "nginx",
  "homeassistant-backup",
].map((name) => makeUnit(name));

function ask(text: string, lab: Unit[] = units): { step: MatchedIntent | undefined; message: string } {
  const names = lab.map(({ name }) => name);
  const [step] = matchIntents(splitRequest(text, { names }), { units: lab, operations, hosts: [] });
  return { step, message: step === undefined ? "" : explainMatch(step, lab).message };
}

describe("a known product that is not there", () => {
  test("is said not to be there, and what is of its kind is offered", () => {
    const { step, message } = ask("deploy pihole");
    expect(step?.decision).toBe("ask");
    expect(step?.candidates.map(({ name }) => name)).toEqual(["adguard-home"]);
    expect(message).toContain("No playbook here is for pihole (block ads and trackers");
    expect(message).toContain("Of the same kind: adguard-home.");
  });

  test.each([
    ["deploy home assistant", "home assistant"],
    ["install plex meta manager", "plex meta manager"],
    ["set up nginx proxy manager", "nginx proxy manager"],
    ["install jellyfin on web1", "jellyfin"],
    ["install grafana", "grafana"],
  ])("%s: what only sounds like it is never taken, and it is named", (text, name) => {
    const { step, message } = ask(text);
    expect(["ask", "none"]).toContain(step?.decision);
    expect(message.toLowerCase()).toContain(`no playbook here is for ${name}`);
  });

  test.each([
    ["install gitea runner", "gitea"],
    ["deploy vaultwarden backup", "vaultwarden"],
    ["set up plex exporter", "plex"],
  ])("%s: a longer name that is not there is not the shorter one", (text, shorter) => {
    const { step } = ask(text);
    expect(step?.decision).not.toBe("auto");
    expect(step?.candidates.map(({ name }) => name)).toContain(shorter);
  });

  test("is not told when a playbook of a usual name says itself what it is for: then that one is asked about", () => {
    const lab = [...units, makeUnit("main", { description: "Set up Loki for the logs of all machines" })];
    const { step, message } = ask("deploy loki", lab);
    expect(step?.decision).toBe("ask");
    expect(step?.candidates[0]?.name).toBe("main");
    expect(message).not.toMatch(/no playbook here is for/i);
    expect(ask("deploy grafana", lab).message).toMatch(/no playbook here is for grafana/);
  });

  test("is not told when the lexicon has another name for what is there", () => {
    const { step, message } = ask("deploy bitwarden_rs");
    expect(step?.decision).toBe("auto");
    expect(message).toContain("another name of the same product");
  });

  test("its other names mean nothing when the lexicon is off", () => {
    const intents = splitRequest("deploy bitwarden_rs");
    const [step] = matchIntents(intents, { units, operations, hosts: [] }, { lexicon: false });
    expect(step?.decision).not.toBe("auto");
  });
});

/* Sentences of every day with words that are also names of products. */
test.each([
  "move the box to the other room",
  "go home",
  "ssh into the machine",
  "mount nfs",
  "clean the vault",
  "outline the plan",
  "echo hello",
  "the ghost in the house",
  "fix the transmission",
  "open the harbor gate",
  "make a note of it",
  "put it in the stash",
  "what about the garage",
  "walk the dog through the forest",
  "is the sky blue",
  "pack the bags",
  "look at the stars",
  "light a candle",
  "play chess with me",
  "take the bus",
])("%s names no product and links to nothing", (text) => {
  const lab = ["vault", "ghost", "harbor", "stash", "garage", "outline"].map((name) =>
    makeUnit(`unrelated-${name.length}`),
  );
  for (const step of matchIntents(splitRequest(text), { units: lab, operations: [], hosts: [] })) {
    expect(step.decision).not.toBe("auto");
    expect(explainMatch(step, lab).message).not.toMatch(/no playbook here is for/i);
  }
});

test("right behind install or deploy such a word is the product", () => {
  expect(ask("deploy ghost").message).toContain("It is known (blog and newsletter");
  expect(ask("deploy the ghost of the opera").message).not.toMatch(/no playbook here is for/i);
});
