import {
  NOT_RESOLVED,
  Schema,
  boolYaml11Tag,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  floatYaml11Tag,
  intYaml11Tag,
  mapTag,
  mergeTag,
  nullYaml11Tag,
  seqTag,
  strTag,
} from "js-yaml";
import { vaulted } from "./values.ts";

const vaultTags = new Set(["!vault", "!vault-encrypted"]);

/* Ansible's parser leaves `y` and `n` as text; js-yaml's YAML 1.1 makes booleans of them. */
const boolTag = {
  ...boolYaml11Tag,
  resolve: (source: string, explicit: boolean, tag: string) =>
    source.length === 1 ? NOT_RESOLVED : boolYaml11Tag.resolve(source, explicit, tag),
};

/* Ansible reads `08:30` as text: its sexagesimal numbers do not begin with 0. */
const intTag = {
  ...intYaml11Tag,
  resolve: (source: string, explicit: boolean, tag: string) =>
    /^[-+]?0.*:/.test(source) ? NOT_RESOLVED : intYaml11Tag.resolve(source, explicit, tag),
};

/* An empty prefix matches every tag that is not named above it: `!unsafe`, `!lambda`, `!!timestamp`, anything. */
const anyScalar = defineScalarTag<unknown>("", {
  matchByTagPrefix: true,
  resolve: (source, _explicit, tag) => (vaultTags.has(tag) ? vaulted : source),
  identify: () => false,
});
const anySequence = defineSequenceTag<unknown[]>("", {
  matchByTagPrefix: true,
  create: () => [],
  addItem: (list, item) => {
    list.push(item);
  },
  identify: () => false,
});

/* Parsing is synchronous, so one list at a time is enough; a schema for each file would cost more than many files do. */
let recorded: object[] = [];

function recordMapping(): Record<string, unknown> {
  const mapping: Record<string, unknown> = {};
  recorded.push(mapping);
  return mapping;
}

const plainMap = { ...mapTag, create: recordMapping };
const anyMap = defineMappingTag<Record<string, unknown>>("", {
  matchByTagPrefix: true,
  create: recordMapping,
  addPair: mapTag.addPair,
  has: mapTag.has,
  keys: mapTag.keys,
  get: mapTag.get,
  identify: () => false,
});

/** YAML as Ansible reads it: 1.1 scalars, `<<` merged, dates left as text, every unknown tag tolerated. */
export const ansibleSchema = new Schema([
  strTag,
  seqTag,
  plainMap,
  nullYaml11Tag,
  boolTag,
  intTag,
  floatYaml11Tag,
  mergeTag,
  anyScalar,
  anySequence,
  anyMap,
]);

/** Runs `build` and gives the mappings that {@link ansibleSchema} made meanwhile, in the order of the mapping events. */
export function recordMappings<Result>(build: () => Result): { result: Result; mappings: object[] } {
  const mappings: object[] = [];
  recorded = mappings;
  try {
    return { result: build(), mappings };
  } finally {
    recorded = [];
  }
}
