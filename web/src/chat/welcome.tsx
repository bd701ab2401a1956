import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RunPage } from "../../../src/contracts/api.ts";
import { api } from "../api/client.ts";
import { buttonClass } from "../ui/button.tsx";
import { Empty } from "../ui/states.tsx";
import { examples } from "./examples.ts";

/** What a new conversation begins with. */
export function Welcome(): ReactNode {
  const runs = useQuery({
    queryKey: ["runs", "any"],
    queryFn: ({ signal }) => api.get<RunPage>("/runs?limit=1", { signal }),
  });
  return (
    <Empty title="Say what should happen. Nothing runs before you have read and approved a plan.">
      <ul className="mx-auto mt-2 flex w-fit max-w-full flex-col gap-1 text-left">
        {examples.map((example) => (
          <li key={example} className="wrap-anywhere">
            “{example}”
          </li>
        ))}
      </ul>
      {runs.data?.items.length === 0 ? (
        <p className="mt-4">
          Nothing has run yet.{" "}
          <Link to="/first-run" className={buttonClass("plain", "small")}>
            Set up and try a harmless run
          </Link>
        </p>
      ) : null}
    </Empty>
  );
}
