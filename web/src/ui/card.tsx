import type { ReactNode } from "react";

interface CardProps {
  readonly children: ReactNode;
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  readonly className?: string;
}

/** A piece of a page with a ground of its own; with a title it is a section with an h2. */
export function Card({ children, title, actions, className = "" }: CardProps): ReactNode {
  const look = `rounded-lg border border-line bg-surface p-4 ${className}`;
  if (title === undefined) return <div className={look}>{children}</div>;
  return (
    <section className={look}>
      <header className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <h2 className="text-base font-semibold">{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}
