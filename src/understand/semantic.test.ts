import { expect, test } from "vitest";
import type { MatchedIntent } from "../contracts/intent.ts";
import { addSemantic, decideSemanticCap, textOfUnit } from "./semantic.ts";
import { makeUnit } from "./testing-units.ts";

const [mealie, grafana, wiki] = ["mealie", "grafana", "wiki"].map((name) => makeUnit(name));
const trust = { embedder: "ollama:test", cap: 0.84 };

function intent(more: Partial<MatchedIntent>): MatchedIntent {
  const base = {
    text: "a place for recipes",
    verb: "deploy",
    target: "place",
    hosts: [],
    params: {},
    after: [],
  } as const;
  return {
    ...base,
    hosts: [],
    params: {},
    after: [],
    condition: null,
    decision: "ask",
    confidence: 0.4,
    method: "lexical",
    candidates: [],
    ...more,
  };
}
const candidate = (unit: typeof mealie, confidence: number) => ({
  id: unit?.id ?? "",
  name: unit?.name ?? "",
  path: unit?.path ?? "",
  confidence,
  evidence: "It has the word.",
});
const near = (...list: [typeof mealie, number][]) =>
  list.flatMap(([unit, similarity]) => (unit === undefined ? [] : [{ unit, similarity }]));

test("a pick without a question stays as it is, whatever a model says", () => {
  for (const decision of ["auto", "operation"] as const) {
    const picked = intent({
      decision,
      confidence: 0.97,
      method: "exact",
      candidates: [candidate(wiki, 0.97)],
    });
    expect(addSemantic(picked, near([mealie, 0.99]), trust)).toBe(picked);
  }
});

test("a wish that no words fit becomes a question about what is near, never a pick", () => {
  const none = intent({ decision: "none", confidence: 0, method: "none" });
  expect(addSemantic(none, near([mealie, 0.93], [wiki, 0.55], [grafana, 0.2]), trust)).toMatchObject({
    decision: "ask",
    method: "semantic",
    confidence: 0.84,
    candidates: [
      { id: mealie?.id, confidence: 0.84 },
      { id: wiki?.id, confidence: 0.55 },
    ],
  });
  expect(addSemantic(none, near([grafana, 0.3]), trust)).toMatchObject({ decision: "none", candidates: [] });
});

test("words and meaning together order a question; what a name put first stays first", () => {
  const words = [candidate(grafana, 0.5), candidate(wiki, 0.45), candidate(mealie, 0.4)];
  const both = near([mealie, 0.8], [wiki, 0.6]);
  const mixed = addSemantic(intent({ candidates: words }), both, trust);
  expect(mixed).toMatchObject({ decision: "ask", method: "semantic" });
  expect(mixed.candidates.map((each) => each.id)).toEqual([mealie?.id, wiki?.id, grafana?.id]);
  const confidences = mixed.candidates.map((each) => each.confidence);
  expect(confidences).toEqual(confidences.toSorted((a, b) => b - a));
  expect(Math.max(...confidences)).toBeLessThanOrEqual(0.84);
  for (const method of ["exact", "learned"] as const) {
    const named = addSemantic(intent({ method, candidates: words }), both, trust);
    expect(named).toMatchObject({ method });
    expect(named.candidates[0]?.id).toBe(grafana?.id);
  }
});

test("similarities show more than 0.84 only after 200 confirmed choices of which nearly all were right", () => {
  expect(decideSemanticCap({ pairs: 199, right: 199 })).toBe(0.84);
  expect(decideSemanticCap({ pairs: 200, right: 190 })).toBe(0.84);
  expect(decideSemanticCap({ pairs: 200, right: 200 })).toBe(0.95);
  const sure = addSemantic(intent({ decision: "none" }), near([mealie, 0.99]), { ...trust, cap: 0.95 });
  expect(sure).toMatchObject({ decision: "ask", confidence: 0.95 });
});

test("the text of a unit holds what it is called, does and says, and has an end", () => {
  const unit = makeUnit("mealie", {
    aliases: ["recipes"],
    verbs: ["deploy"],
    description: "x".repeat(5_000),
  });
  expect(textOfUnit(unit)).toMatch(/^mealie, recipes \(deploy\)\. x+$/);
  expect(textOfUnit(unit)).toHaveLength(2_000);
});
