import { readFileSync } from "node:fs";
import path from "node:path";
import { YAML11_SCHEMA, load } from "js-yaml";
import { z } from "zod";

const root = path.join(import.meta.dirname, "../..");
const name = z.string().regex(/^[a-z][a-z0-9_-]*$/);

const Secret = z.union([
  name.transform((source) => ({ source, target: `/run/secrets/${source}` })),
  z.strictObject({ source: name, target: z.string().startsWith("/") }),
]);
/** `source:target` or `source:target:ro`; a source with a variable may hold a colon of its own. */
const Volume = z.string().transform((text, context) => {
  const [, source, target] = /^(.+?):(\/[\w./-]+)(?::ro)?$/.exec(text) ?? [];
  if (source !== undefined && target !== undefined) return { source, target };
  context.addIssue(`${text} is no volume`);
  return z.NEVER;
});
/** Strict: a field that is not here is one that nobody has looked at. */
const Service = z.strictObject({
  image: z.string(),
  build: z.strictObject({ context: z.literal("."), target: name }).optional(),
  profiles: z.array(name).default([]),
  command: z.array(z.string()).optional(),
  hostname: name.optional(),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(Secret).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(Volume).default([]),
  networks: z.strictObject({ default: z.strictObject({ aliases: z.array(name) }) }).optional(),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.literal("CMD")], z.string()),
      interval: z.string(),
      timeout: z.string(),
      start_period: z.string(),
    })
    .optional(),
  depends_on: z
    .union([
      z.array(name).transform((names) => Object.fromEntries(names.map((each) => [each, {}]))),
      z.record(name, z.strictObject({ condition: z.literal("service_healthy") })),
    ])
    .default({}),
  restart: z.literal("unless-stopped"),
  stop_grace_period: z.string().optional(),
  security_opt: z.array(z.string()),
  cap_drop: z.array(z.string()).default([]),
});
export type Service = z.infer<typeof Service>;

const ComposeFile = z.looseObject({
  name,
  services: z.record(name, Service),
  secrets: z.record(name, z.strictObject({ file: z.string() })),
  volumes: z.record(name, z.null()),
});

/** compose.yaml, with the variables that it may take from outside not set. */
export function readCompose(): z.infer<typeof ComposeFile> {
  const text = readFileSync(path.join(root, "compose.yaml"), "utf8");
  return ComposeFile.parse(fillIn(load(text, { schema: YAML11_SCHEMA })));
}

/** As Compose does, in what was read: an empty variable is an empty text there, not nothing. */
function fillIn(value: unknown): unknown {
  if (typeof value === "string")
    return value.replaceAll(/\$\{[A-Z_]+:-([^}]*)\}/g, (_all, otherwise: string) => otherwise);
  if (Array.isArray(value)) return value.map(fillIn);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fillIn(each)]));
}

interface Instruction {
  readonly word: string;
  readonly text: string;
}

/** What an image says of itself. */
export interface Image {
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly health: readonly string[];
  readonly user: string;
  readonly stopSignal: string;
  readonly volumes: readonly string[];
}

/** The instructions of each stage of Dockerfile; the first has none above it but arguments. */
export function readStages(): ReadonlyMap<string, { from: string; instructions: Instruction[] }> {
  const text = readFileSync(path.join(root, "Dockerfile"), "utf8");
  const lines = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages = new Map<string, { from: string; instructions: Instruction[] }>();
  let stage: { from: string; instructions: Instruction[] } = { from: "", instructions: [] };
  stages.set("", stage);
  for (const line of lines) {
    const [, word = "", rest = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (word !== "FROM") {
      stage.instructions.push({ word, text: rest });
      continue;
    }
    const [, from = "", as = ""] = /^(\S+) AS (\S+)$/.exec(rest) ?? [];
    stage = { from, instructions: [] };
    stages.set(as, stage);
  }
  return stages;
}

/** The image that a target of Dockerfile becomes: what its stages say, the last one last. */
export function readImage(target: string): Image {
  const stages = readStages();
  const all: Instruction[] = [];
  for (let at = stages.get(target); at !== undefined; at = stages.get(at.from))
    all.unshift(...at.instructions);
  const texts = (word: string): string[] => all.filter((each) => each.word === word).map(({ text }) => text);
  const list = (text = "[]"): string[] => z.array(z.string()).parse(JSON.parse(text));
  return {
    environment: Object.fromEntries(
      texts("ENV").flatMap((text) =>
        text
          .split(/\s+/)
          .map((pair) => [pair.split("=")[0] ?? "", pair.slice(pair.indexOf("=") + 1)] as const),
      ),
    ),
    entrypoint: list(texts("ENTRYPOINT").at(-1)),
    command: list(texts("CMD").at(-1)),
    health: list(
      texts("HEALTHCHECK")
        .at(-1)
        ?.replace(/^.*?CMD /, ""),
    ),
    user: texts("USER").at(-1) ?? "root",
    stopSignal: texts("STOPSIGNAL").at(-1) ?? "",
    volumes: texts("VOLUME"),
  };
}
