import type { Intent } from "../contracts/intent.ts";

/** A wish in short, for tests: `verb: target @hosts <waits for ?condition #parameters`. */
export function brief({ verb, target, hosts, after, condition, params }: Intent): string {
  const said = Object.entries(params).map(([key, value]) => `${key}=${value}`);
  return [
    `${verb}: ${target}`,
    ...(hosts.length > 0 ? [`@${hosts.join(",")}`] : []),
    ...(after.length > 0 ? [`<${after.join(",")}`] : []),
    ...(condition === null ? [] : [`?${condition}`]),
    ...(said.length > 0 ? [`#${said.join(" ")}`] : []),
  ].join(" ");
}
