import { expect, test } from "vitest";
import type { Intent, MatchedIntent } from "../contracts/intent.ts";
import { wishKeyOf, wishKeyText, type LearnedAliases } from "./learned.ts";
import { matchIntents } from "./match.ts";
import { splitRequest } from "./split.ts";
import { makeUnit, operations } from "./testing-units.ts";

const units = [
  makeUnit("mealie", { verbs: ["deploy", "update", "remove"] }),
  makeUnit("tandoor", { verbs: ["deploy", "update"] }),
  makeUnit("nginx-a", { verbs: ["deploy"], aliases: ["proxy"] }),
  makeUnit("nginx-b", { verbs: ["deploy"], aliases: ["proxy"] }),
];
const hosts = ["web1"];
const first = (text: string): Intent => {
  const [intent] = splitRequest(text, { names: [], hosts });
  if (intent === undefined) throw new Error("no wish");
  return intent;
};
const keyOf = (text: string) => wishKeyOf(first(text), hosts)?.words;

function learn(text: string, unitId: string, rivals: readonly string[] = []): LearnedAliases {
  const key = wishKeyOf(first(text), hosts);
  if (key === undefined) throw new Error("nothing to learn from");
  const alias = { ...key, unitId, rivals: new Set(rivals), said: "You have chosen it before." };
  return new Map([[wishKeyText(key), alias]]);
}

function match(text: string, learned: LearnedAliases, among = units): MatchedIntent {
  const intents = splitRequest(text, { names: [], hosts });
  const [found] = matchIntents(intents, { units: among, operations, hosts }, { learned });
  if (found === undefined) throw new Error("no wish");
  return found;
}

const recipes = "deploy the recipe thing";
const mealie = units[0]?.id ?? "";

test("a learned alias is as good as a name for the same words and verb, also on another host and in another form", () => {
  const learned = learn(recipes, mealie);
  expect(match(recipes, new Map()).decision).not.toBe("auto");
  expect(match(recipes, learned)).toMatchObject({ decision: "auto", method: "learned" });
  const again = match("please install my recipes thing on web1", learned);
  expect(again.decision).toBe("auto");
  expect(again.candidates[0]).toMatchObject({ id: mealie, evidence: "You have chosen it before." });
});

test("another verb, other words and a denied part of it are other wishes", () => {
  const learned = learn(recipes, mealie);
  for (const text of [
    "update the recipe thing",
    "deploy the thing for photos",
    "deploy the recipe thing without database",
    "deploy the old recipe thing",
  ])
    expect(match(text, learned).method, text).not.toBe("learned");
});

test("what is dangerous stays a question, whatever was learned", () => {
  const removal = match("remove the recipe thing", learn("remove the recipe thing", mealie));
  expect(removal).toMatchObject({ decision: "ask", method: "learned", confidence: 0.84 });
  expect(removal.candidates[0]?.id).toBe(mealie);
  expect(match("deploy the recipe thing on all hosts", learn(recipes, mealie)).decision).toBe("ask");
  expect(match("deploy the recipe thing and wipe the disks", learn(recipes, mealie)).decision).toBe("ask");
});

test("what was offered beside the choice does not make it doubtful; a unit that came later does", () => {
  const [, , a, b] = units;
  const learned = learn("deploy proxy", a?.id ?? "", [b?.id ?? ""]);
  expect(match("deploy proxy", new Map()).decision).toBe("ask");
  expect(match("deploy proxy", learned)).toMatchObject({ decision: "auto", method: "learned" });
  const more = [...units, makeUnit("proxy", { verbs: ["deploy"] })];
  expect(match("deploy proxy", learned, more)).toMatchObject({ decision: "ask", method: "learned" });
});

test("a unit that is gone, for tests only or cannot be run is not taken", () => {
  expect(match(recipes, learn(recipes, "home:gone.yml")).method).not.toBe("learned");
  const minor = [makeUnit("mealie", { verbs: ["deploy"], minor: true })];
  expect(match(recipes, learn(recipes, mealie), minor).decision).not.toBe("auto");
});

test("the key keeps every word that says what is meant, and no host, port or verb", () => {
  expect(keyOf("Deploy the photo thing on web1")).toBe(keyOf("set up our photo things"));
  expect(keyOf("update my media box to version 2 on port 80")).toBe(keyOf("update my media box"));
  expect(keyOf("a place for recipes")).not.toBe(keyOf("a place for photos"));
  expect(keyOf("deploy it")).toBeUndefined();
});
