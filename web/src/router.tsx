import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type ErrorComponentProps,
} from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Frame } from "./frame/frame.tsx";
import { Page } from "./frame/page.tsx";
import { planStates } from "./lists/plan-states.ts";
import { parseRecordFilter } from "./lists/record-filter.ts";
import { Empty, Failed, Loading } from "./ui/states.tsx";

function NotFound(): ReactNode {
  return (
    <Page title="Not found">
      <Empty title="There is no page at this address.">
        <a href="/">Go to the chat</a>
      </Empty>
    </Page>
  );
}

function Broken({ error, reset }: ErrorComponentProps): ReactNode {
  return (
    <Page title="Something went wrong">
      <Failed error={error} onRetry={reset} />
    </Page>
  );
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const framed = createRoute({ getParentRoute: () => root, id: "framed", component: Frame });

/** Pages are loaded when they are visited first. */
const routeTree = root.addChildren([
  createRoute({
    getParentRoute: () => root,
    path: "/setup",
    component: lazyRouteComponent(() => import("./session/setup-page.tsx"), "SetupPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/login",
    validateSearch: ({ next }: Record<string, unknown>): { next?: string } =>
      typeof next === "string" ? { next } : {},
    component: lazyRouteComponent(() => import("./session/login-page.tsx"), "LoginPage"),
  }),
  framed.addChildren([
    createRoute({
      getParentRoute: () => framed,
      path: "/",
      component: lazyRouteComponent(() => import("./chat/chat-page.tsx"), "ChatPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/chat/$conversationId",
      component: lazyRouteComponent(() => import("./chat/chat-page.tsx"), "ChatPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/inbox",
      component: lazyRouteComponent(() => import("./lists/inbox-page.tsx"), "InboxPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/plans",
      validateSearch: ({ state }: Record<string, unknown>): { state?: (typeof planStates)[number] } => {
        const known = planStates.find((each) => each === state);
        return known === undefined ? {} : { state: known };
      },
      component: lazyRouteComponent(() => import("./lists/plans-page.tsx"), "PlansPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/plans/$planId",
      component: lazyRouteComponent(() => import("./plan/plan-page.tsx"), "PlanPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/runs",
      component: lazyRouteComponent(() => import("./lists/runs-page.tsx"), "RunsPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/runs/$runId",
      component: lazyRouteComponent(() => import("./run/run-page.tsx"), "RunPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/agents",
      component: lazyRouteComponent(() => import("./lists/agents-page.tsx"), "AgentsPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/playbooks",
      validateSearch: ({ q }: Record<string, unknown>): { q?: string } =>
        typeof q === "string" && q !== "" ? { q } : {},
      component: lazyRouteComponent(() => import("./lists/playbooks-page.tsx"), "PlaybooksPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/repositories/$name",
      component: lazyRouteComponent(() => import("./trust/trust-page.tsx"), "TrustPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/record",
      validateSearch: parseRecordFilter,
      component: lazyRouteComponent(() => import("./lists/audit-page.tsx"), "AuditPage"),
    }),
    createRoute({
      getParentRoute: () => framed,
      path: "/first-run",
      component: lazyRouteComponent(() => import("./first-run/first-run-page.tsx"), "FirstRunPage"),
    }),
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultPendingComponent: Loading,
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
