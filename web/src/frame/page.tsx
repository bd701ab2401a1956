import { useEffect, type ReactNode } from "react";

interface PageProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** For pages that need the whole width (tables of hosts, logs). */
  readonly wide?: boolean;
  /** Beside the title: state badges and the like. */
  readonly aside?: ReactNode;
}

/** What every page begins with: its one h1, its name in the window's title, and its actions. */
export function Page({ title, actions, children, wide = false, aside }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · Chiffon`;
  }, [title]);
  return (
    <div className={`mx-auto flex w-full flex-col gap-4 p-4 sm:p-6 ${wide ? "" : "max-w-6xl"}`}>
      <header className="flex flex-wrap items-center justify-between gap-3">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="text-xl font-semibold text-balance wrap-anywhere">{title}</h1>
          {aside}
        </div>
        {actions === undefined ? null : <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
