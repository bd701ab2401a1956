import { expect, test } from "vitest";
import { evaluateAnswers, type AnsweredRequest, type LabelledRequest } from "./evaluate.ts";

const candidate = (name: string, path = `${name}.yml`, confidence = 0.9) => ({
  id: `repo:${path}`,
  name,
  path,
  confidence,
  evidence: "",
});

type Step = AnsweredRequest["answer"][number];
const said = { text: "", target: "", hosts: [], after: [] };
const auto = (...names: string[]): Step => ({
  ...said,
  text: `deploy ${names[0] ?? ""}`,
  decision: "auto",
  confidence: 0.9,
  candidates: names.map((name) => candidate(name)),
});
const ask = (...names: string[]): Step => ({ ...auto(...names), decision: "ask" });
const none: Step = { ...said, decision: "none", confidence: 0, candidates: [] };

const row = (more: Partial<LabelledRequest>): LabelledRequest => ({
  repo: "r",
  request: "deploy kuma",
  expect: ["kuma"],
  kind: "exact",
  ...more,
});
const evaluate = (...answers: [LabelledRequest, Step[]][]) =>
  evaluateAnswers(answers.map(([of, answer], at) => ({ row: of, answer, ms: at })));

test("what is first, what is among three, and what was picked are counted apart", () => {
  const found = evaluate(
    [row({}), [auto("kuma", "nginx")]],
    [row({}), [ask("nginx", "gitea", "kuma")]],
    [row({}), [auto("nginx")]],
    [row({ expect: [], kind: "negative" }), [ask("nginx")]],
  );
  expect(found).toMatchObject({
    requests: 4,
    positives: 3,
    top1: 1 / 3,
    top3: 2 / 3,
    picked: 2,
    pickedRight: 1,
    precision: 0.5,
    coverage: 1 / 3,
    negatives: 1,
    negativesPicked: 0,
    wrong: [{ request: "deploy kuma", picked: "repo:nginx.yml" }],
  });
  expect(found.precisionLow).toBeCloseTo(0.0945, 3);
});

test("a negative that was picked lowers the precision; a dangerous one counts only for itself", () => {
  const found = evaluate(
    [row({ expect: [], kind: "negative" }), [auto("nginx")]],
    [row({ kind: "dangerous" }), [auto("kuma")]],
  );
  expect(found).toMatchObject({ precision: 0, negativesPicked: 1, dangerous: 1, dangerousPicked: 1 });
});

test.each([
  ["uptime-kuma", candidate("uptime_kuma", "roles/uptime_kuma")],
  ["roles/uptime_kuma", candidate("kuma", "apps/roles/uptime_kuma/tasks/main.yml")],
  ["role/uptime_kuma", candidate("uptime-kuma", "setup.yml")],
  ["service/nginx.yml", candidate("web", "ansible/playbooks/service/nginx.yml")],
])("the label %s is met by name or by the end of the path", (label, best) => {
  const step: Step = { ...said, decision: "auto", confidence: 0.9, candidates: [best] };
  expect(evaluate([row({ expect: [label] }), [step]]).pickedRight).toBe(1);
});

test("a label is not met by a part of a file's name", () => {
  const step: Step = { ...auto("x"), candidates: [candidate("x", "service/my-nginx.yml")] };
  expect(evaluate([row({ expect: ["nginx.yml"] }), [step]]).pickedRight).toBe(0);
});

test("each wish of a request has its own label, and a request that was split otherwise is a miss", () => {
  const steps = [
    { text: "deploy kuma", expect: ["kuma"] },
    { text: "restart nginx", expect: ["nginx"] },
  ];
  const both = row({ kind: "multi", expect: ["kuma", "nginx"], steps });
  expect(evaluate([both, [auto("kuma"), auto("nginx")]])).toMatchObject({
    positives: 2,
    top1: 1,
    splitRight: 1,
  });
  expect(evaluate([both, [auto("kuma")]])).toMatchObject({ positives: 2, top1: 0, splitRight: 0 });
});

test("steps are in order when each is the one of its own label, and waits for what the label says", () => {
  const steps = [
    { text: "back up wiki", expect: [] },
    { text: "update wiki on web1", expect: ["wiki"], after: [0] },
    { text: "restart nginx on web1", expect: [] },
  ];
  const labelled = row({ kind: "multi", expect: [], steps });
  const step = (text: string, more: Partial<Step> = {}): Step => ({ ...none, text, ...more });
  const backup = step("back both up", { target: "wiki" });
  const update = step("update it", { target: "wiki", hosts: ["web1"], after: [0] });
  const restart = step("restart nginx on web1", { target: "nginx", hosts: ["web1"] });
  const order = (...answer: Step[]) => {
    const { stepped, inOrder, outOfOrder } = evaluate([labelled, answer]);
    expect(stepped).toBe(1);
    expect(outOfOrder).toHaveLength(1 - inOrder);
    return inOrder === 1;
  };
  expect(order(backup, update, restart)).toBe(true);
  expect(order(update, backup, restart)).toBe(false);
  expect(order(backup, restart, update)).toBe(false);
  expect(order(backup, { ...update, after: [] }, restart)).toBe(false);
  expect(order(backup, update)).toBe(false);
  expect(order(backup, update, step("order a pizza"))).toBe(false);
  expect(evaluate([labelled, [update, backup, restart]]).outOfOrder).toEqual([
    {
      repo: "r",
      request: "deploy kuma",
      labelled: ["back up wiki", "update wiki on web1 (after 1)", "restart nginx on web1"],
      answered: ["update it (after 1)", "back both up", "restart nginx on web1"],
    },
  ]);
  expect(evaluate([row({}), [auto("kuma")]])).toMatchObject({ stepped: 0, inOrder: 0, outOfOrder: [] });
});

test("confidence that says as often right as it is has no calibration error", () => {
  const sure = Array.from({ length: 10 }, (_, at): [LabelledRequest, Step[]] => [
    row({}),
    [at < 9 ? auto("kuma") : auto("nginx")],
  ]);
  expect(evaluate(...sure).ece).toBeCloseTo(0, 6);
  expect(evaluate([row({}), [none]])).toMatchObject({ ece: null, eceHigh: null });
});

test("the interval of the calibration error lies above the error, is the same each time, and narrows with more rows", () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, at): [LabelledRequest, Step[]] => [
      row({}),
      [at % 5 === 0 ? auto("nginx") : auto("kuma")],
    ]);
  const few = evaluate(...rows(20));
  const many = evaluate(...rows(2_000));
  expect(few.ece).toBeCloseTo(0.1, 6);
  expect(evaluate(...rows(20))).toEqual(few);
  expect(few.eceHigh).toBeGreaterThan(0.2);
  expect(many.eceHigh).toBeGreaterThan(0.1);
  expect(many.eceHigh).toBeLessThan(0.13);
});
