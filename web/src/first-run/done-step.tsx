import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { examples } from "../chat/examples.ts";
import { buttonClass } from "../ui/button.tsx";

/** What to do next. */
export function DoneStep(): ReactNode {
  return (
    <div className="flex flex-col gap-4">
      <p>You can ask for changes now. Say several at once, name machines, or ask what runs where:</p>
      <ul className="list-disc pl-5">
        {examples.map((example) => (
          <li key={example} className="wrap-anywhere">
            “{example}”
          </li>
        ))}
      </ul>
      <p className="text-muted">
        Nothing runs without an approved plan, and every decision and run is kept in the record.
      </p>
      <div className="flex flex-wrap gap-2">
        <Link to="/" className={buttonClass("primary")}>
          Go to the chat
        </Link>
        <Link to="/playbooks" className={buttonClass("plain")}>
          See your playbooks
        </Link>
      </div>
    </div>
  );
}
