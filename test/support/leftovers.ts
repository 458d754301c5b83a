/**
 * Cleans up what must not outlive the test process: an undo for each open namespace, program and file. Normal
 * closing removes the undo. The others run when the process exits, synchronously because the event loop has
 * stopped.
 */
const undos = new Set<() => void>();

/** Registers `undo` for the process's exit. Returns a function that removes it. */
export function undoAtExit(undo: () => void): () => void {
  undos.add(undo);
  return () => undos.delete(undo);
}

function undoEverything(): void {
  for (const undo of [...undos].reverse()) {
    undos.delete(undo);
    try {
      undo();
    } catch (error) {
      console.error('cleaning up after tests:', error);
    }
  }
}

process.once('exit', undoEverything);
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => process.exit(status));
}
// vitest's own process died and left this worker behind
process.once('disconnect', () => process.exit(1));
