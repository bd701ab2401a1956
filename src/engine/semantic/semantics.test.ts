import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Unit } from "../../contracts/catalogue.ts";
import { createOllamaEmbedder } from "../../adapters/embedder/ollama.ts";
import {
  answer,
  cut,
  hang,
  ollamaAnswer,
  startScriptedModel,
  type Asked,
  type Reply,
  type ScriptedModel,
} from "../../adapters/embedder/testing/scripted-model.ts";
import { makeUnit } from "../../understand/testing-units.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { createSemantics, type Proposals, type Semantics } from "./semantics.ts";

const units = [
  makeUnit("mealie", { description: "recipes" }),
  makeUnit("grafana", { description: "charts" }),
  makeUnit("old", { description: "recipes", minor: true }),
];
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
let core: TestCore;
let model: ScriptedModel;
let semantics: Semantics;
let dimension: number;
let fault: Reply | undefined;
let errors: unknown[];

/** Recipes point one way, everything else another. */
const embed = (text: string): number[] => {
  const base = text.includes("recipes") ? [1, 0.1] : [0.1, 1];
  return [...base, ...Array.from({ length: dimension - 2 }, () => 0)];
};
const inputOf = ({ body }: Asked): string[] => (body as { input: string[] }).input;

const open = (): Semantics =>
  createSemantics({
    ...core.deps,
    embedder: createOllamaEmbedder({ url: model.url, model: "test" }),
    sha256,
    onError: (error) => errors.push(error),
    // Long enough for a busy machine; the test of the deadline has its own.
    queryWithin: 20_000,
  });

beforeEach(async () => {
  core = await createTestCore();
  dimension = 4;
  fault = undefined;
  errors = [];
  model = await startScriptedModel((asked) => fault ?? ollamaAnswer(inputOf(asked).map(embed)));
  semantics = open();
});
afterEach(async () => {
  await semantics[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  await core[Symbol.asyncDispose]();
});

const propose = (among: readonly Unit[] = units, text = "a place for recipes"): Promise<Proposals> =>
  semantics.propose(among, [text]);
const namesOf = (proposals: Proposals): string[] =>
  proposals.kind === "found" ? (proposals.near[0] ?? []).map((near) => near.unit.name) : [proposals.why];

test("units come by nearness of meaning; until their vectors are made the answer says so", async () => {
  expect(namesOf(await propose())).toEqual(["the playbooks are still being read by it"]);
  await semantics.refresh(units);
  expect(namesOf(await propose())).toEqual(["mealie", "grafana"]);
  expect(await propose()).toMatchObject({ kind: "found", trust: { embedder: "ollama:test", cap: 0.84 } });
});

test("vectors are kept for the next start, and made again only for another text", async () => {
  await semantics.refresh(units);
  const before = model.asked.length;
  await semantics[Symbol.asyncDispose]();
  semantics = open();
  expect(namesOf(await propose())).toEqual(["mealie", "grafana"]);
  expect(model.asked).toHaveLength(before + 1);
  const [mealie, grafana] = units;
  if (mealie === undefined || grafana === undefined) throw new Error("no units");
  const changed = [mealie, { ...grafana, description: "charts and recipes" }];
  await semantics.refresh(changed);
  expect(inputOf(model.asked.at(-1) ?? { head: "", body: { input: [] } })).toEqual([
    "grafana. charts and recipes",
  ]);
  const rows = await core.db.selectFrom("unit_embedding").select(["unit_id", "dimension"]).execute();
  expect(rows.map((row) => row.dimension)).toEqual([4, 4]);
});

test("vectors of two lengths are never mixed: a model that gives others is asked for all of them again", async () => {
  await semantics.refresh(units);
  dimension = 6;
  expect(namesOf(await propose())).toEqual([
    "its vectors have another length than before, so they are all made again",
  ]);
  await semantics.refresh(units);
  expect(namesOf(await propose())).toEqual(["mealie", "grafana"]);
  const rows = await core.db.selectFrom("unit_embedding").select("dimension").execute();
  expect(rows.map((row) => row.dimension)).toEqual([6, 6]);
});

test.each<[string, Reply]>([
  ["down", cut],
  ["broken", answer("{}", "500 Internal Server Error")],
  ["wrong", ollamaAnswer([[Number.MAX_VALUE, 1]])],
])(
  "after three failures in a row of a model that is %s it is left alone for a minute",
  async (_how, reply) => {
    await semantics.refresh(units);
    fault = reply;
    for (let time = 0; time < 3; time += 1)
      expect(await propose()).toMatchObject({ kind: "without", why: expect.stringContaining("no vectors") });
    const asked = model.asked.length;
    expect(await propose()).toMatchObject({ why: "it failed 3 times and is left alone for 60 s" });
    expect(model.asked).toHaveLength(asked);
    expect(errors).toHaveLength(3);
    fault = undefined;
    core.advance(60_001);
    expect(namesOf(await propose())).toEqual(["mealie", "grafana"]);
  },
);

test("a model that hangs keeps nobody waiting", async () => {
  await semantics.refresh(units);
  await semantics[Symbol.asyncDispose]();
  fault = hang;
  const options = { ...core.deps, sha256, onError: () => {}, queryWithin: 50 };
  semantics = createSemantics({
    ...options,
    embedder: createOllamaEmbedder({ url: model.url, model: "test" }),
  });
  expect(await propose()).toEqual({ kind: "without", why: "it took too long" });
});

test("closing ends what is under way", async () => {
  fault = hang;
  const made = semantics.refresh(units);
  await semantics[Symbol.asyncDispose]();
  await made;
  expect(await core.db.selectFrom("unit_embedding").select("unit_id").execute()).toEqual([]);
});
