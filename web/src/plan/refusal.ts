/** The part of an API error that decides what a person reads. */
export interface RefusedCall {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface Refusal {
  readonly title: string;
  readonly detail: string;
  readonly hint: string | undefined;
}

/** Why an action on a plan did not happen, in words. The server's own hints speak of commands where the page has buttons. */
export function explainRefusal(error: RefusedCall): Refusal {
  const detail = error.message;
  const server = error.hint ?? undefined;
  switch (error.code) {
    case "not-signed-in":
      return {
        title: "Your session has ended",
        detail: "Nothing was decided. What you entered is still here.",
        hint: "Sign in again, then repeat it.",
      };
    case "not-allowed":
      return { title: "You may not do this", detail, hint: server };
    case "plan-stale":
      return {
        title: "The plan is stale",
        detail,
        hint: "Nothing was run. Ask again to get a plan of how it is now.",
      };
    case "plan-expired":
      return { title: "The plan has expired", detail, hint: "Ask again to get a fresh one." };
    case "hash-mismatch":
      return {
        title: "This is not the plan that you were shown",
        detail,
        hint: "Close this dialog, read the plan again and decide then.",
      };
    case "conflict":
      return { title: "Somebody was quicker", detail, hint: undefined };
    case "needs-answer":
      return { title: "Something is missing", detail, hint: server };
    case "not-found":
      return { title: "It is not there", detail, hint: server };
    default:
      return error.status === 0
        ? {
            title: "The server cannot be reached",
            detail: "Nothing is known about whether it got this. What you entered is still here.",
            hint: "Wait until the connection is back; repeating it is safe, for a plan runs once.",
          }
        : { title: "It did not work", detail, hint: server };
  }
}
