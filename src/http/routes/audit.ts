import { z } from "zod";
import {
  AuditExportLine,
  AuditPage,
  AuditQuery,
  AuditRecord,
  AuditVerifyResult,
  Checkpoint,
  InclusionProof,
} from "../../contracts/audit.ts";
import { Id } from "../../contracts/vocabulary.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { defineLines, defineRoute, type Route, type RouteDeps } from "../route.ts";

const { limit, cursor } = AuditQuery.shape;
const count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export function auditQueryRoutes({ engine, now }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/audit/query",
      permission: "read",
      tag: "audit",
      summary: "Audit records, newest first; all conditions hold together",
      query: AuditQuery,
      answer: AuditPage,
      handle: ({ query }) => engine.audit.query(query),
    }),
    defineRoute({
      method: "GET",
      path: "/audit/failures",
      permission: "read",
      tag: "audit",
      summary: "What failed in the last days, and what nobody knows the end of",
      query: z.object({
        days: z.coerce.number().int().min(1).max(3_660).default(7),
        service: z.string().max(200).optional(),
        limit,
        cursor,
      }),
      answer: AuditPage,
      handle: ({ query: { days, ...rest } }) =>
        engine.audit.query({
          ...rest,
          status: "failed,unknown",
          since: new Date(now().getTime() - days * 86_400_000).toISOString(),
        }),
    }),
    defineRoute({
      method: "GET",
      path: "/audit/by-service/:service",
      permission: "read",
      tag: "audit",
      summary: "All records about a service",
      params: z.object({ service: z.string().min(1).max(200) }),
      query: z.object({ limit, cursor }),
      answer: AuditPage,
      handle: ({ params: { service }, query }) => engine.audit.query({ ...query, service }),
    }),
  ];
}

export function auditProofRoutes({ engine }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/audit/tasks/:id",
      permission: "read",
      tag: "audit",
      summary: "All records about a task, oldest first",
      params: z.object({ id: Id }),
      answer: z.array(AuditRecord),
      handle: (call) => engine.audit.task(call.params.id),
    }),
    defineRoute({
      method: "GET",
      path: "/audit/checkpoint",
      permission: "read",
      tag: "audit",
      summary: "The newest signed size and root of the log",
      answer: Checkpoint,
      handle: async () => {
        const checkpoint = await engine.audit.checkpoint();
        if (checkpoint !== undefined) return checkpoint;
        throw new ChiffonError("not-found", "There is no checkpoint yet: nothing was recorded.", {
          hint: "Ask again after the first record, about a second later.",
        });
      },
    }),
    defineRoute({
      method: "GET",
      path: "/audit/proof/:index",
      permission: "read",
      tag: "audit",
      summary:
        "That a record is in the log of a checkpoint: the hashes beside its way to the root (RFC 6962)",
      params: z.object({ index: count }),
      query: z.object({
        /** Size of the checkpoint; the newest when missing. */
        checkpoint: count.optional(),
      }),
      answer: InclusionProof,
      perMinute: 60,
      handle: ({ params, query }) => engine.audit.proof(params.index, query.checkpoint),
    }),
    defineLines({
      method: "GET",
      path: "/audit/export",
      permission: "read",
      tag: "audit",
      summary: "The whole log with its checkpoints, to be kept and checked elsewhere",
      answer: AuditExportLine,
      perMinute: 20,
      handle: () => engine.audit.export(),
    }),
    defineRoute({
      method: "POST",
      path: "/audit/verify",
      permission: "read",
      tag: "audit",
      summary: "Recompute the whole log against its checkpoints",
      answer: AuditVerifyResult,
      perMinute: 20,
      handle: (call) => engine.audit.verify(call.signal),
    }),
  ];
}
