import type { YamlMapping } from "../yaml/values.ts";
import { field, isMapping, scalarText } from "../yaml/values.ts";
import type { WrittenLink } from "./candidate.ts";
import type { ParsedFile } from "./link-lists.ts";
import type { SimpleVariables } from "./simple-variables.ts";

const maxServices = 2_000;
const maxLabels = 500;

export function isCompose(document: unknown): document is YamlMapping {
  if (!isMapping(document)) return false;
  const services = field(document, "services");
  if (!isMapping(services)) return false;
  return Object.values(services).some(
    (service) =>
      isMapping(service) &&
      ["image", "build", "labels", "container_name"].some((name) => field(service, name) !== undefined),
  );
}

/** Portals that the labels of a Compose file name: homepage's own label, or the host of a Traefik rule. */
export function readCompose(file: ParsedFile, variables: SimpleVariables): WrittenLink[] {
  const services = isMapping(file.document) ? field(file.document, "services") : undefined;
  if (!isMapping(services)) return [];
  const lines = file.text.split("\n");
  const entries = Object.entries(services).slice(0, maxServices);
  return entries.flatMap(([service, value]) => {
    if (!isMapping(value)) return [];
    const deploy = field(value, "deploy");
    const labels = new Map([
      ...readLabels(field(value, "labels"), variables),
      ...readLabels(isMapping(deploy) ? field(deploy, "labels") : undefined, variables),
    ]);
    const from = file.lineOf(value) ?? 1;
    return linksOf(service, labels).map(({ label, ...link }) => ({
      ...link,
      path: file.path,
      line: lineOfLabel(lines, label, from),
    }));
  });
}

function readLabels(labels: unknown, variables: SimpleVariables): [string, string][] {
  const pairs: [string, string | undefined][] = Array.isArray(labels)
    ? labels.slice(0, maxLabels).map((item: unknown) => splitLabel(scalarText(item) ?? ""))
    : isMapping(labels)
      ? Object.entries(labels)
          .slice(0, maxLabels)
          .map(([name, value]) => [name, scalarText(value)])
      : [];
  return pairs.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, variables.fill(withDefaults(value.slice(0, 4_000)))]],
  );
}

const splitLabel = (text: string): [string, string] => {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
};

/* Compose puts in its own variables; only a default that is written beside the name is known here. */
const withDefaults = (value: string): string =>
  value.replaceAll(/\$\{[A-Za-z_]\w{0,99}:?-([^{}$]{0,200})\}/g, "$1").replaceAll("$$", "$");

type Labelled = Omit<WrittenLink, "path" | "line"> & { label: string };

function linksOf(service: string, labels: ReadonlyMap<string, string>): Labelled[] {
  const name = labels.get("homepage.name") ?? service;
  const href = labels.get("homepage.href");
  if (href !== undefined) return [{ name, address: href, bare: false, label: "homepage.href" }];
  if (/^["']?(?:false|no|0)["']?$/i.test(labels.get("traefik.enable") ?? "")) return [];
  const found: Labelled[] = [];
  for (const [label, value] of labels) {
    for (const address of addressesOf(label, value)) {
      if (found.some((other) => other.address === address)) continue;
      found.push({ name: found.length === 0 ? name : `${name} (${address})`, address, bare: true, label });
    }
  }
  return found;
}

/** Hosts of `traefik.http.routers.NAME.rule` (version 2 and later) and of `traefik.frontend.rule` (version 1). */
function addressesOf(label: string, value: string): string[] {
  if (/^traefik\.(?:[\w-]{1,100}\.)?frontend\.rule$/.test(label)) {
    const hosts = /(?:^|;)\s*Host:([^;]{1,1000})/.exec(value)?.[1] ?? "";
    return splitHosts(hosts);
  }
  if (!/^traefik\.http\.routers\.[^.]{1,100}\.rule$/.test(label)) return [];
  const hosts = [...value.matchAll(/(?<![!A-Za-z])Host\(([^()]{1,1000})\)/g)].flatMap((rule) =>
    splitHosts(rule[1] ?? ""),
  );
  const paths = [...value.matchAll(/(?<![!A-Za-z])Path(?:Prefix)?\(\s*[`"']([^`"'()]{1,300})[`"']\s*\)/g)];
  const path = paths.length === 1 && !value.includes("||") ? (paths[0]?.[1] ?? "") : "";
  return hosts.map((host) => (path === "" || path === "/" ? host : `${host}/${path.replace(/^\/+/, "")}`));
}

const splitHosts = (text: string): string[] =>
  text
    .split(",")
    .map((host) => host.trim().replaceAll(/^[`"']|[`"']$/g, ""))
    .filter((host) => host !== "");

/** The line of a label at or after the service that has it. */
function lineOfLabel(lines: readonly string[], label: string, from: number): number {
  for (let at = from; at <= Math.min(lines.length, from + 1_000); at += 1)
    if (lines[at - 1]?.includes(label) === true) return at;
  return from;
}
