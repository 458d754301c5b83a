/**
 * A process that collects IPFIX, and appends `octetTotalCount` of each record to a file as it arrives. The
 * file has everything that it received when it is killed. Arguments: transport, port, file.
 */
import { appendFileSync } from 'node:fs';
import { type AvailableTransport, CollectingProcess } from '../../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { loopbackTls } from './loopback-tls.ts';

const [protocol, port, file] = process.argv.slice(2);
const collector = new CollectingProcess({
  listen: [{ protocol: protocol as AvailableTransport, host: '127.0.0.1', port: Number(port) }],
  tls: loopbackTls,
  onBatch: (batch) => {
    const numbers = Array.from(batch, ({ octetTotalCount }) => octetTotalCount);
    appendFileSync(file!, `${numbers.join('\n')}\n`);
  },
  clock: systemClock,
  ledger: new Ledger(),
  log: new Log(systemClock, () => {}),
});
await collector.start();
process.stdout.write('listening\n');
