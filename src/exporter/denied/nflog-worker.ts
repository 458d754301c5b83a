/** The thread that reads NFLOG groups: `DeniedConnections` starts it and gets `PacketBatch`es from it. */
import { systemClock } from '../../runtime/clock.ts';
import { enterNetworkNamespace, outletOfThisWorker } from '../netlink/index.ts';
import { type NflogOptions, NflogReader } from './nflog-reader.ts';
import { BATCH_OCTETS, PacketBatch } from './packet-batch.ts';

export interface NflogWorkerOptions extends NflogOptions {
  /** Path of the network namespace to listen in; that of the process when undefined. */
  readonly networkNamespace: string | undefined;
}

const { outlet, settings } = outletOfThisWorker<NflogWorkerOptions>();
let batch = nextBatch();

outlet.run(
  () => {
    if (settings.networkNamespace !== undefined) enterNetworkNamespace(settings.networkNamespace);
    return new NflogReader(settings, systemClock, batch);
  },
  (reader) => {
    while (!outlet.stopping) handOn(reader);
    reader.unbind();
    do handOn(reader);
    while (!reader.isDrained);
    reader.close();
  },
);

function handOn(reader: NflogReader): void {
  reader.fill(batch);
  if (batch.isEmpty) return;
  outlet.post(batch.buffer, batch.seal());
  batch = nextBatch();
}

/**
 * While running, the number of buffers bounds the batches in flight; the last ones are allocated as needed.
 */
function nextBatch(): PacketBatch {
  return new PacketBatch(outlet.take() ?? new ArrayBuffer(BATCH_OCTETS)).clear();
}
