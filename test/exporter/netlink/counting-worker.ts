import { NetlinkError, outletOfThisWorker } from '../../../src/exporter/netlink/index.ts';

/*
 * A worker for worker.test.ts that needs no kernel: `blocking` fills buffers with running numbers until it is
 * stopped, `serving` fills as many as it is asked for.
 */

interface Settings {
  readonly way: 'blocking' | 'serving';
  readonly refuse?: boolean;
}

const { outlet, settings } = outletOfThisWorker<Settings>();
let number = 0;

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
} else {
  outlet.serve(open, (_, ask) => {
    if (ask === 'break') throw new Error('it broke');
    if (ask === 'refuse') throw NetlinkError.fromErrno('asking', 'EBUSY');
    for (let count = 0; count < Number(ask); count++) fillOne();
    return number;
  });
}
