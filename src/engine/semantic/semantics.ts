import type { Unit } from "../../contracts/catalogue.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { buildIndex, searchIndex, type VectorIndex } from "../../domain/vectors.ts";
import type { Clock } from "../../ports/clock.ts";
import { maxEmbedTexts, type Embedder } from "../../ports/embedder.ts";
import {
  decideSemanticCap,
  textOfUnit,
  type NearUnits,
  type SemanticTrust,
} from "../../understand/semantic.ts";
import type { Database } from "../schema.ts";
import { countPairs, deleteVectors, listVectors, storeVectors } from "./sql.ts";

export interface SemanticsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly embedder: Embedder;
  readonly sha256: (text: string) => string;
  readonly onError: (error: unknown) => void;
  /** How long a request waits for vectors, in ms. Default 300. */
  readonly queryWithin?: number;
}

/** Units by meaning for each text, or why there are none now. */
export type Proposals =
  | { readonly kind: "found"; readonly trust: SemanticTrust; readonly near: readonly NearUnits[] }
  | { readonly kind: "without"; readonly why: string };

/** A model that proposes units by meaning. It may be slow, down or wrong: a request is answered without it then. */
export interface Semantics extends AsyncDisposable {
  propose(units: readonly Unit[], texts: readonly string[]): Promise<Proposals>;
  /** Makes the vectors of units that have none, or one of another text. One run at a time; ends early when the model fails. */
  refresh(units: readonly Unit[]): Promise<void>;
}

const defaultQueryWithin = 300;
const batchWithin = 60_000;
const batchSize = 32;
const failuresToPause = 3;
const pauseFor = 60_000;
const mostNear = 10;

interface Known {
  readonly sha256: string;
  readonly vector: Float32Array;
}

interface State {
  readonly deps: SemanticsDeps;
  readonly stop: AbortController;
  /** Text and digest of each unit object; catalogues give the same object while nothing changes. */
  readonly texts: WeakMap<Unit, { text: string; sha256: string }>;
  vectors: Map<string, Known> | undefined;
  failures: number;
  pausedUntil: number;
  refreshing: Promise<void> | undefined;
  cached: { units: readonly Unit[]; vectors: readonly Float32Array[]; index: VectorIndex } | undefined;
}

export function createSemantics(deps: SemanticsDeps): Semantics {
  const state: State = {
    deps,
    stop: new AbortController(),
    texts: new WeakMap(),
    vectors: undefined,
    failures: 0,
    pausedUntil: 0,
    refreshing: undefined,
    cached: undefined,
  };
  return {
    propose: (units, texts) => propose(state, units, texts),
    refresh: (units) => refresh(state, units),
    async [Symbol.asyncDispose]() {
      state.stop.abort(new Error("the server stops"));
      await state.refreshing;
    },
  };
}

async function propose(state: State, units: readonly Unit[], texts: readonly string[]): Promise<Proposals> {
  const { deps } = state;
  const { embedder } = deps;
  const left = state.pausedUntil - deps.clock.now().getTime();
  if (left > 0)
    return without(`it failed ${failuresToPause} times and is left alone for ${Math.ceil(left / 1_000)} s`);
  const wanted = units.filter((unit) => !unit.minor);
  const vectors = await loadVectors(state);
  const current = wanted.filter((unit) => vectors.get(unit.id)?.sha256 === textOf(state, unit).sha256);
  if (current.length < wanted.length) void refresh(state, wanted);
  if (current.length === 0)
    return without(
      wanted.length === 0 ? "there are no playbooks" : "the playbooks are still being read by it",
    );
  const within = AbortSignal.timeout(deps.queryWithin ?? defaultQueryWithin);
  const asked = texts.slice(0, maxEmbedTexts);
  const queries = await ask(state, asked, AbortSignal.any([within, state.stop.signal]));
  if (typeof queries === "string") return without(queries);
  const index = indexOf(state, current, vectors);
  if (queries.some((query) => query.length !== index.dimension)) {
    await forget(state);
    return without("its vectors have another length than before, so they are all made again");
  }
  const trust = { embedder: embedder.id, cap: decideSemanticCap(await countPairs(deps.db, embedder.id)) };
  return { kind: "found", trust, near: queries.map((query) => nearest(index, query, current)) };
}

const without = (why: string): Proposals => ({ kind: "without", why });

function nearest(index: VectorIndex, query: Float32Array, units: readonly Unit[]): NearUnits {
  return searchIndex(index, query, mostNear).flatMap(({ row, similarity }) => {
    const unit = units[row];
    return unit === undefined ? [] : [{ unit, similarity }];
  });
}

/** Vectors, or in words why there are none. Three failures in a row make a pause. */
async function ask(
  state: State,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Float32Array[] | string> {
  const { deps } = state;
  try {
    const vectors = await deps.embedder.embed(texts, signal);
    state.failures = 0;
    return vectors;
  } catch (error) {
    if (state.stop.signal.aborted) return "the server stops";
    state.failures += 1;
    if (state.failures >= failuresToPause) {
      state.failures = 0;
      state.pausedUntil = deps.clock.now().getTime() + pauseFor;
    }
    deps.onError(error);
    if (signal.aborted) return "it took too long";
    return ChiffonError.is(error) ? error.message : "it failed";
  }
}

async function loadVectors(state: State): Promise<Map<string, Known>> {
  if (state.vectors !== undefined) return state.vectors;
  const { db, embedder } = state.deps;
  const rows = await listVectors(db, embedder.id);
  const mixed = rows.some((row) => row.vector.length !== rows[0]?.vector.length);
  if (mixed) await deleteVectors(db, embedder.id);
  const stored = (mixed ? [] : rows).map(
    ({ unitId, textSha256: sha256, vector }) => [unitId, { sha256, vector }] as const,
  );
  // Two requests at once read the same rows; the first to come keeps its map.
  state.vectors ??= new Map(stored);
  return state.vectors;
}

function textOf(state: State, unit: Unit): { text: string; sha256: string } {
  const known = state.texts.get(unit);
  if (known !== undefined) return known;
  const text = textOfUnit(unit);
  const made = { text, sha256: state.deps.sha256(text) };
  state.texts.set(unit, made);
  return made;
}

/** One block of memory for all rows; made again when a row is another one. */
function indexOf(state: State, units: readonly Unit[], known: ReadonlyMap<string, Known>): VectorIndex {
  const vectors = units.flatMap((unit) => known.get(unit.id)?.vector ?? []);
  const { cached } = state;
  const same =
    cached !== undefined &&
    cached.vectors.length === vectors.length &&
    vectors.every((vector, row) => cached.vectors[row] === vector && cached.units[row] === units[row]);
  if (same) return cached.index;
  const index = buildIndex(vectors);
  state.cached = { units, vectors, index };
  return index;
}

async function forget(state: State): Promise<void> {
  state.vectors = new Map();
  state.cached = undefined;
  await deleteVectors(state.deps.db, state.deps.embedder.id);
}

function refresh(state: State, units: readonly Unit[]): Promise<void> {
  state.refreshing ??= makeVectors(state, units)
    .catch(state.deps.onError)
    .finally(() => {
      state.refreshing = undefined;
    });
  return state.refreshing;
}

async function makeVectors(state: State, units: readonly Unit[]): Promise<void> {
  const { db, clock, embedder } = state.deps;
  const vectors = await loadVectors(state);
  const stale = units.filter(
    (unit) => !unit.minor && vectors.get(unit.id)?.sha256 !== textOf(state, unit).sha256,
  );
  for (let from = 0; from < stale.length && !state.stop.signal.aborted; from += batchSize) {
    const batch = stale.slice(from, from + batchSize);
    const signal = AbortSignal.any([AbortSignal.timeout(batchWithin), state.stop.signal]);
    const made = await ask(
      state,
      batch.map((unit) => textOf(state, unit).text),
      signal,
    );
    if (typeof made === "string") return;
    // Of two lengths none could be compared: the older ones are made again at the next request.
    const [other] = vectors.values();
    if (other !== undefined && other.vector.length !== made[0]?.length) return await forget(state);
    const rows = batch.flatMap((unit, at) => {
      const vector = made[at];
      return vector === undefined
        ? []
        : [{ unitId: unit.id, textSha256: textOf(state, unit).sha256, vector }];
    });
    await storeVectors(db, embedder.id, { vectors: rows, at: clock.now() });
    for (const { unitId, textSha256, vector } of rows) vectors.set(unitId, { sha256: textSha256, vector });
  }
}
