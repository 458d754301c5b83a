import { describeSpooledSinkOnFullDisk } from '../sinks/contract.ts';
import { inItsThread, inThisThread, logging, spooledAt, toReturningCollector } from '../sinks/remote-beds.ts';
import { requires } from '../support/requires.ts';

/** Memory for a few lines, so that the others go to disk. */
const smallQueue = { batchOctets: 2_000, queueOctets: 10_000 };

requires('namespaces', 'mount')('on a disk that another fills,', () => {
  describeSpooledSinkOnFullDisk('IPFIX with a spool', (directory) =>
    toReturningCollector(spooledAt(directory))(),
  );
  for (const [name, make, options] of [
    ['lines to Loki', inThisThread, {}],
    ['lines to VictoriaLogs', inThisThread, { server: 'victoriaLogs' }],
    ['lines to Loki from a thread of its own', inItsThread, {}],
  ] as const) {
    describeSpooledSinkOnFullDisk(`${name} with a spool`, (directory) =>
      logging(make, { ...options, ...smallQueue, spool: { directory, maxOctets: 500_000 } })(),
    );
  }
});
