/** Moments at which a fault would do the most harm, in the order of a run. Each is tried by `npm run crash`. */
export const failpointNames = [
  "request.stored",
  "request.matched",
  "snapshot.blobs-stored",
  "snapshot.tree-made",
  "plan.frozen",
  "plan.before-commit",
  "plan.committed",
  "approve.checked",
  "approve.locked",
  "approve.run-inserted",
  "approve.before-commit",
  "approve.committed",
  "apply.reduced",
  "apply.saved",
  "apply.told",
  "apply.recorded",
  "apply.sent",
  "place.locked",
  "place.before-commit",
  "place.committed",
  "relay.taken",
  "relay.delivered",
  "relay.settled",
  "order.received",
  "order.written",
  "order.held",
  "attempt.cleared",
  "attempt.offered",
  "attempt.word",
  "attempt.snapshot-verified",
  "attempt.prepared",
  "attempt.begun",
  "attempt.ended",
  "attempt.refused",
  "attempt.reported",
  "attempt.done-kept",
  "attempt.removed",
  "lease.applied",
  "progress.stored",
  "output.stored",
  "result.applied",
  "result.saved",
  "sequence.numbered",
  "sequence.before-commit",
  "sequence.committed",
  "projection.written",
  "cancel.before-commit",
  "cancel.committed",
] as const;

export type FailpointName = (typeof failpointNames)[number];

/** What happens at a failpoint; may not come back, and may throw. */
export type FailpointAction = (name: FailpointName) => void;

let act: FailpointAction | undefined;

/** A named moment. Does nothing unless one is armed. */
export function failpoint(name: FailpointName): void {
  act?.(name);
}

/** Sets what happens at every failpoint from now on in this process; undefined = nothing. */
export function armFailpoints(action: FailpointAction | undefined): void {
  act = action;
}
