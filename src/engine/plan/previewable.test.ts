import { expect, test } from "vitest";
import type { PlanStep } from "../../contracts/plan.ts";
import { decidePreviewableAfter } from "./previewable.ts";

type Facts = Parameters<typeof decidePreviewableAfter>[0];

function step(index: number, more: Partial<Omit<Facts, "unit">> & { unit?: string } = {}): Facts {
  const { unit, ...rest } = more;
  const shown: PlanStep["unit"] = {
    id: unit ?? `demo:${index}.yml`,
    kind: "playbook",
    name: `${index}`,
    path: `${index}.yml`,
    repository: "demo",
    confidence: 1,
    evidence: "test",
  };
  return { index, verb: "deploy", services: [`s${index}`], after: [], condition: null, ...rest, unit: shown };
}

const decide = (...steps: Facts[]) => steps.map((each) => decidePreviewableAfter(each, steps));

test("a step about a service that an earlier one brings can be previewed after that one only", () => {
  const kuma = { services: ["uptime-kuma"] };
  expect(decide(step(0, kuma), step(1, { ...kuma, verb: "configure", after: [0] }))).toEqual([[], [0]]);
  expect(decide(step(0, { ...kuma, verb: "status" }), step(1, { ...kuma, after: [0] }))).toEqual([[], []]);
  expect(decide(step(0), step(1, { after: [0] }))).toEqual([[], []]);
  expect(decide(step(0, { unit: "demo:a.yml" }), step(1, { unit: "demo:a.yml", after: [0] }))).toEqual([
    [],
    [0],
  ]);
});

test("only what comes before counts: directly, through other steps, or by a condition", () => {
  const kuma = { services: ["uptime-kuma"] };
  expect(decide(step(0, kuma), step(1, kuma))).toEqual([[], []]);
  expect(decide(step(0, kuma), step(1, { after: [0] }), step(2, { ...kuma, after: [1] }))).toEqual([
    [],
    [],
    [0],
  ]);
  const changed = { kind: "changed", step: 0 } as const;
  expect(decide(step(0, kuma), step(1, { ...kuma, condition: changed }))).toEqual([[], [0]]);
});
