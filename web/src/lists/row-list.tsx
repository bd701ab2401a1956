import { useEffect, useRef, type ReactNode } from "react";
import { readKeyPress } from "../frame/keys.ts";
import { Button } from "../ui/button.tsx";
import { decideRow } from "./row-keys.ts";

interface RowListProps {
  /** What the list holds, for screen readers. */
  readonly label: string;
  readonly children: ReactNode;
  readonly hasMore?: boolean;
  readonly loadingMore?: boolean;
  readonly onMore?: () => void;
}

/** Rows under each other. j and k move between the links that are marked with `data-row`; enter opens one. */
export function RowList({
  label,
  children,
  hasMore = false,
  loadingMore = false,
  onMore,
}: RowListProps): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const press = readKeyPress(event);
      if (press.typing || press.dialog || press.ctrl || press.meta || press.alt) return;
      const rows = [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
      const current = rows.findIndex((row) => row === document.activeElement);
      const next = decideRow(press.key, current, rows.length);
      if (next === undefined) return;
      event.preventDefault();
      rows[next]?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className="flex flex-col gap-3">
      <ul
        ref={list}
        aria-label={label}
        className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface"
      >
        {children}
      </ul>
      {hasMore && onMore !== undefined ? (
        <Button busy={loadingMore} onClick={onMore} className="self-center">
          Show more
        </Button>
      ) : null}
    </div>
  );
}

/** A row whose link covers it whole: put `rowLink` on the link inside. */
export function Row({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <li className="relative flex flex-col gap-x-4 gap-y-1.5 px-4 py-3 focus-within:bg-raised hover:bg-raised sm:flex-row sm:items-center">
      {children}
    </li>
  );
}

export const rowLink =
  "font-medium text-ink no-underline wrap-anywhere line-clamp-2 after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent";
