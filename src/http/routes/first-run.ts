import { z } from "zod";
import {
  AddRepository,
  CheckMachines,
  Machine,
  MachineCheck,
  RepositoryName,
  RepositoryView,
  ShowFacts,
} from "../../contracts/first-run.ts";
import { RepositoryTrust, TrustRepository } from "../../contracts/trust.ts";
import { Request } from "../../contracts/request.ts";
import { callerOf, defineRoute, noContent, type Route, type RouteDeps } from "../route.ts";

export function repositoryRoutes({ engine }: RouteDeps): Route[] {
  const params = z.object({ name: RepositoryName });
  return [
    defineRoute({
      method: "GET",
      path: "/repositories",
      permission: "read",
      tag: "repositories",
      summary: "The repositories that are served, with what was found in each",
      answer: z.array(RepositoryView),
      handle: () => engine.repositories.list(),
    }),
    defineRoute({
      method: "POST",
      path: "/repositories",
      permission: "admin",
      tag: "repositories",
      summary: "Add a folder, a git repository or the example; a clone may take two minutes",
      body: AddRepository,
      answer: RepositoryView,
      status: 201,
      perMinute: 20,
      handle: (call) => engine.repositories.add(callerOf(call), call.body, call.signal),
    }),
    defineRoute({
      method: "DELETE",
      path: "/repositories/:name",
      permission: "admin",
      tag: "repositories",
      summary: "Serve an added repository no longer; its open plans become stale, a folder stays as it is",
      params,
      answer: noContent,
      status: 204,
      handle: async (call) => {
        await engine.repositories.remove(callerOf(call), call.params.name);
        return null;
      },
    }),
    defineRoute({
      method: "POST",
      path: "/repositories/:name/pull",
      permission: "admin",
      tag: "repositories",
      summary: "Take the newest commit of a clone",
      params,
      answer: RepositoryView,
      perMinute: 20,
      handle: (call) => engine.repositories.pull(callerOf(call), call.params.name, call.signal),
    }),
    ...trustRoutes(engine),
  ];
}

function trustRoutes(engine: RouteDeps["engine"]): Route[] {
  const params = z.object({ name: RepositoryName });
  const path = "/repositories/:name/trust";
  return [
    defineRoute({
      method: "GET",
      path,
      permission: "read",
      tag: "repositories",
      summary:
        "The files of a repository that would run as code before an approval, and what differs since the last trust",
      params,
      answer: RepositoryTrust,
      asStored: true,
      handle: (call) => engine.repositories.trust(call.params.name),
    }),
    defineRoute({
      method: "POST",
      path,
      permission: "admin",
      tag: "repositories",
      summary: "Trust exactly the executable part with this hash; a change of it ends the trust",
      params,
      body: TrustRepository,
      answer: RepositoryTrust,
      asStored: true,
      handle: (call) => engine.repositories.giveTrust(callerOf(call), call.params.name, call.body.hash),
    }),
    defineRoute({
      method: "DELETE",
      path,
      permission: "admin",
      tag: "repositories",
      summary: "Take the trust back",
      params,
      answer: RepositoryTrust,
      asStored: true,
      handle: (call) => engine.repositories.revokeTrust(callerOf(call), call.params.name),
    }),
  ];
}

export function machineRoutes({ engine }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/machines",
      permission: "read",
      tag: "machines",
      summary: "Hosts of the inventories in use; nothing is connected",
      answer: z.array(Machine),
      handle: () => engine.machines.list(),
    }),
    defineRoute({
      method: "POST",
      path: "/machines/check",
      permission: "propose",
      tag: "machines",
      summary: "Whether machines can be reached and have Python and sudo; starts nothing of Ansible",
      body: CheckMachines,
      answer: z.array(MachineCheck),
      perMinute: 20,
      handle: (call) => engine.machines.check(callerOf(call), call.body, call.signal),
    }),
    defineRoute({
      method: "POST",
      path: "/machines/facts",
      permission: "propose",
      tag: "machines",
      summary: "A request for the facts of machines: a plan that only reads, to be approved like any other",
      body: ShowFacts,
      answer: Request,
      status: 201,
      perMinute: 60,
      handle: (call) => engine.machines.facts(callerOf(call), call.body),
    }),
  ];
}
