import type { FileHandle } from "node:fs/promises";

const pieceBytes = 262_144;

/**
 * What is in a file from its beginning. Not by a stream: one that is told to stop before anybody listens to it throws out of
 * everybody's reach.
 * @throws the signal's reason when it fires
 */
export async function* readPieces(file: FileHandle, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const { size } = await file.stat();
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(pieceBytes, size + 1)));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
