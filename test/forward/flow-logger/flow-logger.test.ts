import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord, RuleAction } from '../../../src/flow/index.ts';
import { FlowLogger, type FlowLoggerOptions } from '../../../src/forward/index.ts';
import { Ledger, Log } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const flow: FlowRecord = {
  flowStartMilliseconds: Date.UTC(2026, 0, 31, 10),
  flowEndMilliseconds: Date.UTC(2026, 0, 31, 10, 0, 2) + 900,
  sourceIP: '10.0.1.5',
  destinationIP: '10.0.2.7',
  sourceTransportPort: 40_000,
  destinationTransportPort: 8080,
  protocolIdentifier: 6,
  sourcePodName: 'client',
  sourcePodNamespace: 'shop',
  sourceNodeName: 'node-a',
  destinationPodName: 'server',
  destinationPodNamespace: 'data',
  destinationNodeName: 'node-b',
  destinationServiceIP: '10.96.0.9',
  destinationServicePort: 80,
  destinationServicePortName: 'data/server:http',
  ingressNetworkPolicyName: 'from-shop',
  ingressNetworkPolicyNamespace: 'data',
  ingressNetworkPolicyRuleName: 'allow,most',
  ingressNetworkPolicyRuleAction: RuleAction.allow,
  ingressNetworkPolicyType: 1,
};

class Bed implements Disposable {
  readonly directory = new TemporaryDirectory();
  readonly path = this.directory.file('flows.log');
  readonly clock = new FakeClock();
  readonly ledger = new Ledger();
  readonly said: string[] = [];

  logger(options: Partial<FlowLoggerOptions> = {}): FlowLogger {
    const all: FlowLoggerOptions = {
      path: this.path,
      maxSize: 100,
      maxBackups: 3,
      maxAge: 0,
      compress: true,
      recordFormat: 'CSV',
      filters: [],
      prettyPrint: true,
      ...options,
    };
    const log = new Log(this.clock, (line) => this.said.push(line));
    return new FlowLogger('flowLogger', all, { clock: this.clock, ledger: this.ledger, log });
  }

  get lines(): string[] {
    return readFileSync(this.path, 'utf8').split('\n').filter(Boolean);
  }

  /** What stands beside the file, the oldest first. */
  get backups(): string[] {
    return readdirSync(this.directory.path)
      .filter((name) => name !== 'flows.log')
      .sort();
  }

  [Symbol.dispose](): void {
    this.directory[Symbol.dispose]();
  }
}

/** More than half a megabyte of lines. */
const much = (marker: string): FlowRecord[] =>
  Array.from({ length: 3_500 }, () => ({ ...flow, sourcePodName: marker }));

async function write(logger: FlowLogger, ...records: FlowRecord[]): Promise<void> {
  await logger.write(batchOf(records));
}

describe('a flow logger', () => {
  it('writes thirty columns in the order of the reference system, with names for numbers', async () => {
    using bed = new Bed();
    const logger = bed.logger();
    await logger.start();
    await write(logger, flow, { sourceIP: '2001:db8::1', sourcePodName: '=cmd' });
    await logger.stop();
    const start = flow.flowStartMilliseconds! / 1_000;
    expect(bed.lines[0]).toBe(
      `${start},${start + 2},10.0.1.5,10.0.2.7,40000,8080,TCP,client,shop,node-a,server,data,node-b,10.96.0.9,10.96.0.9,80,` +
        'data/server:http,from-shop,data,"allow,most",Allow,K8sNetworkPolicy,,,,,,,,',
    );
    expect(bed.lines[1]).toBe(`,,2001:db8::1,,,,,'=cmd${','.repeat(22)}`);
    expect(bed.lines[1]!.split(',')).toHaveLength(30);
    expect(bed.ledger.toJSON()[0]).toMatchObject({ received: 2, sent: 2, closed: true });
  });

  it('writes numbers if configured', async () => {
    using bed = new Bed();
    const logger = bed.logger({ prettyPrint: false });
    await logger.start();
    await write(logger, flow);
    await logger.stop();
    expect(bed.lines[0]).toContain(',8080,6,client,');
    expect(bed.lines[0]).toContain(',"allow,most",1,1,');
  });

  it('writes only flows that pass one of its filters, where an empty set matches any', async () => {
    using bed = new Bed();
    const logger = bed.logger({
      filters: [
        { ingressNetworkPolicyRuleActions: ['Drop', 'Reject'], egressNetworkPolicyRuleActions: undefined },
        { ingressNetworkPolicyRuleActions: ['None'], egressNetworkPolicyRuleActions: ['Reject'] },
      ],
    });
    await logger.start();
    const { none, allow, drop, reject } = RuleAction;
    const pairs = [
      [allow, none],
      [drop, allow],
      [reject, none],
      [none, reject],
      [allow, reject],
    ] as const;
    const records = pairs.map(([ingressNetworkPolicyRuleAction, egressNetworkPolicyRuleAction], i) => ({
      sourceIP: `10.0.0.${i}`,
      ingressNetworkPolicyRuleAction,
      egressNetworkPolicyRuleAction,
    }));
    await write(logger, ...records);
    await logger.stop();
    expect(bed.lines.map((line) => line.split(',')[2])).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    expect(bed.ledger.toJSON()[0]).toMatchObject({ sent: 3, events: { 'filtered out': 2 }, closed: true });
  });

  it('rotates the file before it is too large, compresses it, and keeps the configured number', async () => {
    using bed = new Bed();
    const logger = bed.logger({ maxSize: 1, maxBackups: 2 });
    await logger.start();
    for (const marker of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      bed.clock.advance(1_000);
      await write(logger, ...much(marker));
    }
    await logger.stop();
    expect(bed.backups.length).toBe(2);
    expect(bed.backups.every((name) => /^flows-2026-01-01T00-00-\d\d\.000\.log\.gz$/.test(name))).toBe(true);
    const texts = bed.backups.map((name) => gunzipSync(readFileSync(bed.directory.file(name))).toString());
    const markers = [...texts, readFileSync(bed.path, 'utf8')].flatMap((text) => [
      ...new Set(
        text
          .split('\n')
          .filter(Boolean)
          .map((line) => line.split(',')[7]),
      ),
    ]);
    expect(markers.join('')).toMatch(/^[a-f]+g$/);
    expect(bed.said).toEqual([]);
  });

  it('deletes old files, and compresses those that an earlier process left', async () => {
    using bed = new Bed();
    writeFileSync(bed.directory.file('flows-2025-12-01T00-00-00.000.log.gz'), 'old');
    writeFileSync(bed.directory.file('flows-2025-12-31T23-00-00.000.log'), 'left');
    writeFileSync(bed.directory.file('flows-of-mine.log'), 'mine');
    const logger = bed.logger({ maxSize: 1, maxAge: 7, maxBackups: 0 });
    await logger.start();
    for (const marker of ['a', 'b', 'c']) await write(logger, ...much(marker));
    await logger.stop();
    expect(bed.backups).toContain('flows-of-mine.log');
    expect(bed.backups).toContain('flows-2025-12-31T23-00-00.000.log.gz');
    expect(bed.backups.some((name) => name.startsWith('flows-2025-12-01'))).toBe(false);
  });

  it('continues in a new file after its file was moved', async () => {
    using bed = new Bed();
    const logger = bed.logger();
    await logger.start();
    await write(logger, flow);
    renameSync(bed.path, bed.directory.file('moved.log'));
    await write(logger, flow);
    await logger.stop();
    expect(bed.lines).toHaveLength(1);
    expect(existsSync(bed.directory.file('moved.log'))).toBe(true);
  });

  it('reports a fault of its file at the start', async () => {
    using bed = new Bed();
    const logger = bed.logger({ path: bed.directory.file('missing/flows.log') });
    await expect(logger.start()).rejects.toMatchObject({ code: 'WEIR_FLOW_LOGGER_FILE' });
  });
});
