/**
 * The pipeline in the usual way, for comparison: an object for every record, a string for every key, an
 * object for every flow. It expires flows only at the end, knows IPv4 only, and checks nothing. Arguments and
 * messages as in receiver.ts.
 */
import net from 'node:net';
import { messageLengthAt, readMessage, type Template, TemplateStore } from '../../src/ipfix/index.ts';
import { decodeNaively, type NaiveRecord } from '../ipfix/naive-codec.ts';
import type { PipelineResult } from './receiver.ts';

interface Half {
  end: number;
  totals: number[];
  reported: number[];
}

interface Flow {
  names: NaiveRecord;
  source?: Half;
  destination?: Half;
}

const counters = ['octetTotalCount', 'packetTotalCount', 'reverseOctetTotalCount', 'reversePacketTotalCount'];
const [expected, warmup] = process.argv.slice(2).map(Number) as [number, number];
const flows = new Map<string, Flow>();
let received = 0;
let reports = 0;
let octets = 0;
let cpuAtStart: NodeJS.CpuUsage | undefined;
let startedAt = 0;

function aggregateRecord(record: NaiveRecord): void {
  const key = `${record.sourceIPv4Address}:${record.sourceTransportPort}:${record.destinationIPv4Address}:${record.destinationTransportPort}:${record.protocolIdentifier}`;
  let flow = flows.get(key);
  if (flow === undefined) {
    flow = { names: record };
    flows.set(key, flow);
  }
  const side = record.sourcePodName === '' ? 'destination' : 'source';
  const isJoined = flow[side] === undefined && (flow.source ?? flow.destination) !== undefined;
  flow[side] ??= { end: 0, totals: [0, 0, 0, 0], reported: [0, 0, 0, 0] };
  const half = flow[side];
  const end = record.flowEndSeconds as number;
  if (end <= half.end) return;
  half.end = end;
  half.totals = counters.map((name) => record[name] as number);
  for (const [name, value] of Object.entries(record)) {
    if (value !== '' && flow.names[name] === '') flow.names[name] = value;
  }
  if (isJoined) reportFlow(flow);
}

/** Makes the record of a flow and adds it up. */
function reportFlow({ names, source, destination }: Flow): void {
  const common = source ?? destination!;
  const record: Record<string, number | string> = { ...names };
  for (const [node, half] of [
    ['SourceNode', source],
    ['DestinationNode', destination],
  ] as const) {
    if (half === undefined) continue;
    for (const [k, name] of counters.entries()) {
      record[`${name}From${node}`] = half.totals[k]!;
      record[`${name.replace('Total', 'Delta')}From${node}`] = half.totals[k]! - half.reported[k]!;
    }
    if (half !== common) half.reported = half.totals;
  }
  octets += common.totals[0]! - common.reported[0]! + common.totals[2]! - common.reported[2]!;
  common.reported = common.totals;
  reports++;
}

function finish(): void {
  for (const flow of flows.values()) reportFlow(flow);
  flows.clear();
  const { user, system } = process.cpuUsage(cpuAtStart);
  const result: PipelineResult = {
    cpuSeconds: (user + system) / 1e6,
    mainCpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - startedAt) / 1000,
    peakResidentOctets: process.resourceUsage().maxRSS * 1024,
    reports,
    octets,
    ledgerCloses: true,
  };
  server.close();
  process.send?.(result);
  process.disconnect?.();
}

const server = net.createServer((socket) => {
  const store = new TemplateStore();
  let template: Template | undefined;
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let at = 0;
    for (let length = messageLengthAt(bytes, at); length > 0 && at + length <= bytes.length; ) {
      const message = bytes.subarray(at, at + length);
      if (template === undefined) {
        readMessage(message, store, {
          data: () => {},
          template: (found) => {
            template = found;
          },
          error: ({ text }) => {
            throw new Error(text);
          },
        });
      } else {
        if (received >= warmup && cpuAtStart === undefined) {
          cpuAtStart = process.cpuUsage();
          startedAt = performance.now();
        }
        for (const record of decodeNaively(message, template)) {
          aggregateRecord(record);
          received++;
        }
      }
      at += length;
      length = messageLengthAt(bytes, at);
    }
    rest = bytes.subarray(at);
    if (received >= expected) finish();
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as net.AddressInfo).port }));
