import { InvalidArgumentError } from "commander";

/** One more `NAME=VALUE`. @throws InvalidArgumentError */
export function collectValue(
  text: string,
  values: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("NAME=VALUE, for example status_page_port=8081");
  return [...values, [text.slice(0, at).trim(), text.slice(at + 1)]];
}

/** Names with commas between them. @throws InvalidArgumentError */
export function parseHosts(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw new InvalidArgumentError("names with commas between them, for example web1,web2");
}
