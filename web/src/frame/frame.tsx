import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useNavigate, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { Toaster } from "sonner";
import { ApiError } from "../api/api-error.ts";
import { meQuery } from "../api/queries.ts";
import { LoginDialog } from "../session/login-dialog.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { KeysHelp } from "./keys-help.tsx";
import type { KeyMeaning } from "./keys.ts";
import { BottomBar, Rail } from "./navigation.tsx";
import { ConnectionNotice } from "./status-strip.tsx";
import { places } from "./places.ts";
import { useFrameKeys } from "./use-keys.ts";
import { useFreshness } from "./use-freshness.ts";

const Palette = lazy(async () => ({ default: (await import("./palette.tsx")).Palette }));

/** Notices in the colours of the page, whatever theme is chosen. */
const notice = { background: "var(--surface)", color: "var(--ink)", borderColor: "var(--control)" };

/** What stands around every page of a signed-in person; without a session it leads to the sign-in. */
export function Frame(): ReactNode {
  const me = useQuery(meQuery);
  const router = useRouter();
  // Where the visit began: while the way to the sign-in loads, the router's place is that page's already.
  const [here] = useState(() => router.state.location.href);
  if (me.data !== undefined) return <Inside />;
  if (me.isPending) return <Loading label="Loading Chiffon" />;
  if (me.error instanceof ApiError && me.error.status === 401) {
    return <Navigate to="/login" search={here === "/" ? {} : { next: here }} replace />;
  }
  return (
    <main className="mx-auto max-w-xl p-6">
      <h1 className="mb-4 text-xl font-semibold">Chiffon</h1>
      <Failed error={me.error} onRetry={() => void me.refetch()} />
    </main>
  );
}

function Inside(): ReactNode {
  const [open, setOpen] = useState<"palette" | "help" | undefined>();
  const navigate = useNavigate();
  useFreshness();
  const obey = (meaning: KeyMeaning): void => {
    switch (meaning.kind) {
      case "palette":
      case "help":
        setOpen((before) => (before === meaning.kind ? undefined : meaning.kind));
        return;
      case "search":
        document.querySelector<HTMLElement>("[data-search]")?.focus();
        return;
      case "go": {
        const place = places.find(({ key }) => key === meaning.key);
        if (place !== undefined) void navigate({ to: place.to });
        return;
      }
      case "prefix":
      case "none":
    }
  };
  useFrameKeys(obey);
  const close = (isOpen: boolean): void => setOpen((before) => (isOpen ? before : undefined));
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to the page
      </a>
      <Rail onPalette={() => setOpen("palette")} onHelp={() => setOpen("help")} />
      <main id="main" tabIndex={-1} className="min-w-0 pb-16 outline-none md:pb-0">
        <Outlet />
      </main>
      <ConnectionNotice />
      <BottomBar onPalette={() => setOpen("palette")} onHelp={() => setOpen("help")} />
      <KeysHelp open={open === "help"} onOpenChange={close} />
      <Suspense>
        {open === "palette" ? <Palette onOpenChange={close} onHelp={() => setOpen("help")} /> : null}
      </Suspense>
      <LoginDialog />
      <Toaster position="bottom-right" closeButton toastOptions={{ style: notice }} />
    </div>
  );
}
