/**
 * What must not outlive the test process: an undo for each namespace, program and file that is open.
 * Normal closing takes the undo back; whatever is still here when the process exits is undone then,
 * which has to be synchronous because the event loop has stopped.
 */
const undos = new Set<() => void>();

/** Registers `undo` for the process's exit. Returns the function that takes it back. */
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
// vitest's own process died and left this one, its worker, behind
process.once('disconnect', () => process.exit(1));
