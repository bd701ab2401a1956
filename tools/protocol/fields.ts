import { z } from "zod";

/** As much of JSON Schema as zod writes for the contracts. */
const Schema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxItems: z.number().optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  get items() {
    return Schema.optional();
  },
  get additionalProperties() {
    return z.union([Schema, z.boolean()]).optional();
  },
  get properties() {
    return z.record(z.string(), Schema).optional();
  },
  get anyOf() {
    return z.array(Schema).optional();
  },
  get oneOf() {
    return z.array(Schema).optional();
  },
});
type Schema = z.infer<typeof Schema>;

/** The JSON Schema of what a sender has to send; a receiver passes over what it does not know. */
export function schemaOf(contract: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(contract, { io: "input", reused: "inline" });
}

/** A table of all fields of a contract, those of objects inside it by their path. */
export function fieldTable(contract: z.ZodType, leftOut: ReadonlySet<string> = new Set()): string {
  const rows = fieldsOf(Schema.parse(schemaOf(contract)), "").filter(({ name }) => !leftOut.has(name));
  const lines = rows.map(
    ({ name, type, required, says }) => `| \`${name}\` | ${type} | ${required ? "yes" : "no"} | ${says} |`,
  );
  return ["| field | type | required | meaning |", "|---|---|---|---|", ...lines].join("\n");
}

interface Field {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly says: string;
}

function fieldsOf(schema: Schema, prefix: string): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]): Field[] => {
    const name = `${prefix}${key}`;
    const own = {
      name,
      type: typeOf(field),
      required: schema.required?.includes(key) === true,
      says: cell(field.description ?? ""),
    };
    return [own, ...inside(field, name)];
  });
}

/** The fields of what a field holds. */
function inside(schema: Schema, name: string): Field[] {
  const options = optionsOf(schema);
  if (options !== undefined)
    return merge(options.filter(({ type }) => type !== "null").map((each) => inside(each, name)));
  if (schema.items !== undefined) return inside(schema.items, `${name}[]`);
  if (typeof schema.additionalProperties === "object")
    return inside(schema.additionalProperties, `${name}.*`);
  return fieldsOf(schema, `${name}.`);
}

/** Kinds of the same object share fields: each stands once, with all its types, and is required where all kinds have it. */
function merge(kinds: readonly Field[][]): Field[] {
  const fields = new Map<string, Field>();
  for (const field of kinds.flat()) {
    const before = fields.get(field.name);
    const types = before === undefined ? [] : before.type.split(" or ");
    const type = [...new Set([...types, field.type])].join(" or ");
    const inAll = kinds.every((kind) => kind.some((each) => each.name === field.name && each.required));
    fields.set(field.name, { ...field, type, required: inAll });
  }
  return [...fields.values()];
}

function optionsOf(schema: Schema): Schema[] | undefined {
  return schema.anyOf ?? schema.oneOf;
}

/** What a value is, in words: `integer, at least 1`. */
function typeOf(schema: Schema): string {
  const options = optionsOf(schema);
  if (options !== undefined) return [...new Set(options.map(typeOf))].join(" or ");
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((each) => `\`${JSON.stringify(each)}\``).join(", ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(" or ");
  if (schema.type === "array") {
    const items = schema.items === undefined ? "anything" : typeOf(schema.items);
    return schema.maxItems === undefined ? `list of ${items}` : `list of up to ${schema.maxItems}: ${items}`;
  }
  if (schema.type === "object" && schema.properties === undefined) return "object with any keys";
  if (schema.type === "string") return stringOf(schema);
  if (schema.type === "integer" || schema.type === "number") return numberOf(schema.type, schema);
  return schema.type ?? "any JSON";
}

function stringOf(schema: Schema): string {
  if (schema.format !== undefined) return schema.format;
  const text = schema.pattern === undefined ? "string" : `string, \`${cell(schema.pattern)}\``;
  return schema.maxLength === undefined ? text : `${text} of up to ${schema.maxLength} characters`;
}

/** Zod writes the limits of exact integers into every integer. */
function numberOf(type: string, { minimum, maximum }: Schema): string {
  const least = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const from = least === undefined ? "" : `, at least ${least}`;
  return `${type}${from}${most === undefined ? "" : `, at most ${most}`}`;
}

/** A text that fits into one cell of a table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
