import { useQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { waitingQuery } from "../lists/waiting.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { AccountBar } from "./account-bar.tsx";
import { isAt, places, type Place } from "./places.ts";
import { StatusStrip } from "./status-strip.tsx";

interface NavigationProps {
  readonly onPalette: () => void;
  readonly onHelp: () => void;
}

/** The rail at the left of wide windows. */
export function Rail({ onPalette, onHelp }: NavigationProps): ReactNode {
  return (
    <header className="sticky top-0 hidden h-dvh flex-col overflow-y-auto border-r border-line bg-surface p-3 md:flex">
      <Link
        to="/"
        className="mb-3 flex items-center gap-2 rounded-md px-2 py-1 font-semibold text-ink no-underline"
      >
        <img src="/icon.svg" alt="" className="size-6" /> Chiffon
      </Link>
      <Button onClick={onPalette} size="small" className="mb-3 w-full justify-start text-muted">
        <Icon name="search" />
        <span className="flex-1 text-left">Find</span>
        <kbd className="font-mono text-xs">Ctrl K</kbd>
      </Button>
      <nav aria-label="Places" className="flex flex-col gap-0.5">
        {places.map((place) => (
          <PlaceLink key={place.to} place={place} />
        ))}
      </nav>
      <div className="mt-auto flex flex-col gap-3 pt-4">
        <StatusStrip />
        <AccountBar onHelp={onHelp} />
      </div>
    </header>
  );
}

function usePath(): string {
  return useRouterState({ select: ({ location }) => location.pathname });
}

function PlaceLink({ place, onClick }: { readonly place: Place; readonly onClick?: () => void }): ReactNode {
  const here = isAt(place, usePath());
  return (
    <Link
      to={place.to}
      {...(onClick === undefined ? {} : { onClick })}
      aria-current={here ? "page" : undefined}
      className={`flex min-h-9 items-center gap-2.5 rounded-md px-2 no-underline ${
        here ? "bg-accent-soft font-semibold text-accent" : "text-ink hover:bg-raised"
      }`}
    >
      <Icon name={place.icon} />
      <span className="flex-1">{place.name}</span>
      {place.to === "/inbox" ? <WaitingCount /> : null}
    </Link>
  );
}

function WaitingCount({ small = false }: { readonly small?: boolean }): ReactNode {
  const { data } = useQuery(waitingQuery);
  if (data === undefined || data.count === 0) return null;
  const text = data.more ? `${data.count}+` : String(data.count);
  return (
    <span
      className={`rounded-full bg-accent px-1.5 text-xs font-semibold text-accent-ink ${small ? "absolute -top-1 -right-3" : ""}`}
    >
      {text}
      <span className="sr-only"> waiting</span>
    </span>
  );
}

const bottom = places.slice(0, 4);
const rest = places.slice(4);

/** The bar at the foot of narrow windows. */
export function BottomBar({ onPalette, onHelp }: NavigationProps): ReactNode {
  const [open, setOpen] = useState(false);
  const path = usePath();
  const restIsHere = rest.some((place) => isAt(place, path));
  const close = (): void => setOpen(false);
  return (
    <>
      <nav
        aria-label="Places"
        className="fixed inset-x-0 bottom-0 z-30 grid h-14 grid-cols-5 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
      >
        {bottom.map((place) => (
          <BarLink key={place.to} place={place} here={isAt(place, path)} />
        ))}
        <button type="button" onClick={() => setOpen(true)} className={barLook(restIsHere)}>
          <Icon name="menu" className="text-lg" />
          More
        </button>
      </nav>
      <Dialog open={open} onOpenChange={setOpen} title="More">
        <nav aria-label="More places" className="mb-4 flex flex-col gap-0.5">
          {rest.map((place) => (
            <PlaceLink key={place.to} place={place} onClick={close} />
          ))}
        </nav>
        <Button
          onClick={() => {
            close();
            onPalette();
          }}
          className="mb-4 w-full"
        >
          <Icon name="search" /> Find
        </Button>
        <div className="flex flex-col gap-3 border-t border-line pt-4">
          <StatusStrip />
          <AccountBar
            onHelp={() => {
              close();
              onHelp();
            }}
          />
        </div>
      </Dialog>
    </>
  );
}

function barLook(here: boolean): string {
  return `flex flex-col items-center justify-center gap-0.5 text-xs no-underline ${
    here ? "font-semibold text-accent shadow-[inset_0_2px_0_var(--accent)]" : "text-muted"
  }`;
}

function BarLink({ place, here }: { readonly place: Place; readonly here: boolean }): ReactNode {
  return (
    <Link to={place.to} aria-current={here ? "page" : undefined} className={barLook(here)}>
      <span className="relative">
        <Icon name={place.icon} className="text-lg" />
        {place.to === "/inbox" ? <WaitingCount small /> : null}
      </span>
      {place.name}
    </Link>
  );
}
