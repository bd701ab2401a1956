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

/**
 * YAML as Ansible reads it: 1.1 scalars, `<<` merged, dates left as text, every unknown tag tolerated. Each mapping that is
 * made is also appended to `mappings`, in the order of the parser's mapping events: that is how lines are found.
 */
export function createAnsibleSchema(mappings: object[]): Schema {
  const record = () => {
    const mapping: Record<string, unknown> = {};
    mappings.push(mapping);
    return mapping;
  };
  const plainMap = { ...mapTag, create: record };
  const anyMap = defineMappingTag<Record<string, unknown>>("", {
    matchByTagPrefix: true,
    create: record,
    addPair: mapTag.addPair,
    has: mapTag.has,
    keys: mapTag.keys,
    get: mapTag.get,
    identify: () => false,
  });
  return new Schema([
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
}
