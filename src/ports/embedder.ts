/** Turns texts into vectors whose inner product says how near they are in meaning. */
export interface Embedder {
  /** Names server kind and model, for example `ollama:nomic-embed-text`: vectors of two ids are never compared. */
  readonly id: string;
  /**
   * One vector for each text, in their order, all of one length, finite numbers. At most {@link maxEmbedTexts} texts.
   * Throws `server-unreachable` when there is no usable answer, and the signal's reason when aborted.
   */
  embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>;
}

/** More at once would be a body that some servers refuse. */
export const maxEmbedTexts = 64;
