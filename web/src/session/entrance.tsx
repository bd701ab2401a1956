import { useEffect, type ReactNode } from "react";

interface EntranceProps {
  readonly title: string;
  readonly lead: ReactNode;
  readonly children: ReactNode;
}

/** The ground of the pages before anybody is signed in. */
export function Entrance({ title, lead, children }: EntranceProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · Chiffon`;
  }, [title]);
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-5 p-4">
      <div>
        <p className="flex items-center gap-2 font-semibold text-muted">
          <img src="/icon.svg" alt="" className="size-6" /> Chiffon
        </p>
        <h1 className="mt-3 text-2xl font-semibold">{title}</h1>
        <p className="mt-1 text-muted">{lead}</p>
      </div>
      <div className="rounded-lg border border-line bg-surface p-5">{children}</div>
    </main>
  );
}
