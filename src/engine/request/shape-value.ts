import type { JsonValue } from "../../domain/canonical-json.ts";
import { ChiffonError } from "../../domain/errors.ts";

const yes = /^(?:true|yes|on)$/i;
const no = /^(?:false|no|off)$/i;
const number = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?$/;

/**
 * A value that a person has given, in the shape that the playbook's own value has: forms and command lines give text only.
 * Without an own value text stays text. Throws `bad-input` for what cannot be meant.
 */
export function shapeLike(own: JsonValue | undefined, given: JsonValue, name: string): JsonValue {
  const shaped = typeof given === "string" ? shapeText(own, given, name) : given;
  // A value of its own that is empty says nothing about its shape.
  const kind = own === undefined || own === null ? "single value" : kindOf(own);
  if (kindOf(shaped) !== kind)
    throw wrong(name, `wants a ${kind}${kind === "single value" ? "" : ", as JSON"}`);
  if (/(^|_)port$/i.test(name)) refuseNoPort(shaped, name);
  return shaped;
}

function shapeText(own: JsonValue | undefined, text: string, name: string): JsonValue {
  switch (typeof own) {
    case "boolean":
      if (yes.test(text.trim())) return true;
      if (no.test(text.trim())) return false;
      throw wrong(name, "is true or false");
    case "number":
      // A playbook may take a word as well, such as "auto".
      return number.test(text.trim()) ? Number(text) : text;
    case "object":
      return own === null ? text : parse(text, name, kindOf(own));
    default:
      return text;
  }
}

function parse(text: string, name: string, kind: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw wrong(name, `wants a ${kind}, as JSON`);
  }
}

const kindOf = (value: JsonValue): string =>
  Array.isArray(value) ? "list" : value !== null && typeof value === "object" ? "map" : "single value";

/** A template, or a word that the playbook knows, is not ours to judge. */
function refuseNoPort(value: JsonValue, name: string): void {
  const port =
    typeof value === "number"
      ? value
      : typeof value === "string" && /^-?\d+$/.test(value)
        ? Number(value)
        : 1;
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw wrong(name, "is a port: a number from 1 to 65535");
}

function wrong(name: string, why: string): ChiffonError {
  return new ChiffonError("bad-input", `${name} ${why}`, {
    hint: "correct the value, or leave it as it was",
  });
}
