import { z } from "zod";
import { LearnedAlias } from "../../contracts/alias.ts";
import { PlaybookPage, RevealedSecret, SecretName, SecretSummary, SetSecret } from "../../contracts/api.ts";
import { Unit } from "../../contracts/catalogue.ts";
import {
  callerOf,
  defineRoute,
  IdOrBeginning,
  noContent,
  pageOptions,
  pageQuery,
  type Route,
  type RouteDeps,
} from "../route.ts";

export function playbookRoutes({ engine }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/playbooks",
      permission: "read",
      tag: "playbooks",
      summary: "Everything runnable, a page at a time; with `q` the units that fit, best first",
      query: z.object({ ...pageQuery, q: z.string().max(500).optional() }),
      answer: PlaybookPage,
      handle: ({ query }) =>
        engine.playbooks.list({ ...pageOptions(query), ...(query.q === undefined ? {} : { q: query.q }) }),
    }),
    defineRoute({
      method: "GET",
      path: "/playbooks/:id",
      permission: "read",
      tag: "playbooks",
      summary: "A unit by id, URL-encoded, or by a name that only one has",
      params: z.object({ id: z.string().min(1).max(1_000) }),
      answer: Unit,
      handle: (call) => engine.playbooks.get(call.params.id),
    }),
    defineRoute({
      method: "POST",
      path: "/playbooks/refresh",
      permission: "propose",
      tag: "playbooks",
      summary: "Read the repositories again",
      answer: noContent,
      status: 204,
      perMinute: 60,
      handle: async () => {
        await engine.playbooks.refresh();
        return null;
      },
    }),
  ];
}

/** Names that Chiffon has learned. To forget one only makes it ask again, so whoever may ask may do it. */
export function aliasRoutes({ engine }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/aliases",
      permission: "read",
      tag: "playbooks",
      summary: "What people have confirmed that words mean, newest first; at most 1,000",
      answer: z.array(LearnedAlias),
      handle: () => engine.aliases.list(),
    }),
    defineRoute({
      method: "DELETE",
      path: "/aliases/:id",
      permission: "propose",
      tag: "playbooks",
      summary: "Forget a learned name: its words are asked about again",
      params: z.object({ id: IdOrBeginning }),
      answer: noContent,
      status: 204,
      handle: async (call) => {
        await engine.aliases.remove(callerOf(call), call.params.id);
        return null;
      },
    }),
  ];
}

export function secretRoutes({ engine }: RouteDeps): Route[] {
  const params = z.object({ name: SecretName });
  return [
    defineRoute({
      method: "GET",
      path: "/secrets",
      permission: "admin",
      tag: "secrets",
      summary: "Names of the secrets, never values",
      answer: z.array(SecretSummary),
      handle: () => engine.secrets.list(),
    }),
    defineRoute({
      method: "PUT",
      path: "/secrets/:name",
      permission: "admin",
      tag: "secrets",
      summary: "Set a secret",
      params,
      body: SetSecret,
      answer: noContent,
      status: 204,
      handle: async (call) => {
        await engine.secrets.set(callerOf(call), call.params.name, call.body.value);
        return null;
      },
    }),
    defineRoute({
      method: "DELETE",
      path: "/secrets/:name",
      permission: "admin",
      tag: "secrets",
      summary: "Remove a secret",
      params,
      answer: noContent,
      status: 204,
      handle: async (call) => {
        await engine.secrets.remove(callerOf(call), call.params.name);
        return null;
      },
    }),
    defineRoute({
      method: "POST",
      path: "/secrets/:name/reveal",
      permission: "admin",
      tag: "secrets",
      summary: "Show a secret's value, once per version; recorded",
      params,
      answer: RevealedSecret,
      secretAnswer: true,
      handle: async ({ params: { name }, ...call }) => ({
        name,
        value: await engine.secrets.reveal(callerOf(call), name),
      }),
    }),
  ];
}
