import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { live, useConnection, useTopic } from "../live/live.ts";

/** Milliseconds between two looks while nothing is pushed. */
const pollEvery = 5_000;
/** A timer that is this late means that the machine slept: the connection may be dead without knowing. */
const slept = 45_000;
const beat = 10_000;

/** Keeps what the page shows fresh: by hints while the connection is live, by asking again while it is not. */
export function useFreshness(): void {
  const queries = useQueryClient();
  const connection = useConnection();
  useTopic("inbox", {
    onEvent: (event) => {
      if (event.type === "catalogue.changed") {
        void queries.invalidateQueries({ queryKey: ["playbooks"] });
        return;
      }
      void queries.invalidateQueries({ queryKey: ["inbox"] });
      void queries.invalidateQueries({ queryKey: ["plans"] });
      if (event.type === "inbox.changed") {
        void queries.invalidateQueries({ queryKey: ["plan", event.data.planId] });
      }
    },
  });
  const pushed = connection === "live" || connection === "catching-up";
  const lookAgain = useEffectEvent(() => void queries.invalidateQueries({ refetchType: "active" }));
  useEffect(() => {
    if (pushed) return;
    const timer = setInterval(lookAgain, pollEvery);
    return () => {
      clearInterval(timer);
      // What changed since the last look.
      lookAgain();
    };
  }, [pushed]);
  useEffect(() => renewAfterSleep(), []);
}

function renewAfterSleep(): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > beat + slept) live.renew();
    last = now;
  }, beat);
  const onOnline = (): void => live.renew();
  window.addEventListener("online", onOnline);
  return () => {
    clearInterval(timer);
    window.removeEventListener("online", onOnline);
  };
}
