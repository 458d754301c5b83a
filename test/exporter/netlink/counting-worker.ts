import { NetlinkError, outletOfThisWorker } from '../../../src/exporter/netlink/index.ts';

/*
 * A worker for worker.test.ts that needs no kernel: `blocking` fills buffers with running numbers until it is
 * stopped, `serving` fills as many as it is asked for. `both` does that between short waits, in
 * which it may fail.
 */

interface Settings {
  readonly way: 'blocking' | 'serving' | 'both';
  readonly refuse?: boolean;
}

const { outlet, settings } = outletOfThisWorker<Settings>();
let number = 0;
let mustFail = false;

function open(): void {
  if (settings.refuse) throw NetlinkError.fromErrno('opening', 1);
}

function fillOne(): boolean {
  const buffer = outlet.take();
  if (buffer === undefined) return false;
  new Uint32Array(buffer)[0] = number++;
  outlet.post(buffer, 1);
  return true;
}

if (settings.way === 'blocking') {
  outlet.run(open, () => {
    while (!outlet.stopping && fillOne());
    outlet.note({ filled: number });
  });
} else if (settings.way === 'serving') {
  outlet.serve(open, answer);
} else {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  outlet.serve(open, answer, () => {
    while (!outlet.stopping) {
      Atomics.wait(pause, 0, 0, 1);
      outlet.answerWaiting(undefined, answer);
      if (mustFail) throw NetlinkError.fromErrno('working', 'EBADF');
    }
  });
}

function answer(_: unknown, ask: unknown): number {
  if (ask === 'break') throw new Error('it broke');
  if (ask === 'fail') mustFail = true;
  if (ask === 'refuse') throw NetlinkError.fromErrno('asking', 'EBUSY');
  for (let count = 0; count < Number(ask); count++) fillOne();
  return number;
}
