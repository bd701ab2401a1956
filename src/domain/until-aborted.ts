/**
 * What the promise gives, or a rejection with the signal's reason as soon as it fires: for work of others that may not listen to
 * the signal.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  return promise;
}
