import { pino, type TransportTargetOptions } from 'pino';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import { type FlowBatch, recordToJson } from '../../src/flow/index.ts';
import { type FlowLogOptions, FlowLogSink } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';

/** Ships the flows of some batches, each as a line, until all of them have been sent. */
export type Shipper = (url: string, batches: readonly FlowBatch[]) => Promise<void>;

const MOST_SECONDS = 120;

export const weirShipper =
  (options: Partial<FlowLogOptions> = {}): Shipper =>
  async (url, batches) => {
    const ledger = new Ledger();
    const log = new Log(systemClock, (line) => process.stderr.write(`${line}\n`), 'warn');
    const sink = new FlowLogSink('bench', { ...options, url }, { clock: systemClock, ledger, log });
    await sink.start();
    for (const batch of batches) await sink.write(batch);
    await sink.stop(MOST_SECONDS * 1000);
    const [lines] = ledger.accounts;
    if (lines!.sent !== lines!.received) throw new Error(`not all lines were sent: ${JSON.stringify(lines)}`);
  };

/** As in its documentation: batching, protobuf. */
export const winstonLoki: Shipper = async (url, batches) => {
  const transport = new LokiTransport({
    host: url,
    labels: { service_name: 'flows' },
    interval: 1,
    gracefulShutdown: false,
  });
  const logger = winston.createLogger({ transports: [transport] });
  for (const flow of flowsOf(batches)) {
    logger.info({ message: JSON.stringify(flow), labels: { namespace: String(flow.sourcePodNamespace) } });
  }
  await transport.flush();
  logger.close();
};

/** As in its documentation: a worker thread, batching. */
export const pinoLoki: Shipper = async (url, batches) => {
  const target: TransportTargetOptions = {
    target: 'pino-loki',
    options: {
      host: url,
      batching: { interval: 1, maxBufferSize: 1_000_000 },
      labels: { service_name: 'flows' },
      propsToLabels: ['sourcePodNamespace'],
    },
  };
  const transport = pino.transport(target);
  const logger = pino({ level: 'info' }, transport);
  for (const flow of flowsOf(batches)) logger.info(flow);
  await new Promise<void>((resolve, reject) => {
    transport.once('close', resolve).once('error', reject);
    logger.flush();
    transport.end();
  });
};

function* flowsOf(batches: readonly FlowBatch[]): Generator<Record<string, string | number>> {
  for (const batch of batches) for (const record of batch) yield recordToJson(record);
}
