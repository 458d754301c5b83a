import { DeniedFlows } from '../src/exporter/denied/denied-flows.ts';
import { DeniedRecords } from '../src/exporter/denied/denied-records.ts';
import { allPresets } from '../src/exporter/denied/index.ts';
import { BATCH_OCTETS, PacketBatch } from '../src/exporter/denied/packet-batch.ts';
import { PacketParser } from '../src/exporter/denied/packet-parser.ts';
import { PrefixMatcher } from '../src/exporter/denied/prefix-matcher.ts';
import { MessageCursor } from '../src/exporter/netlink/index.ts';
import { RuleAction } from '../src/flow/index.ts';
import { Ledger } from '../src/runtime/index.ts';
import { datagrams } from '../test/support/nflog-packets.ts';
import { threadTimeMs } from '../test/support/thread-time.ts';
import { type BenchRow, measureInterleaved, rateRow, timesFaster } from './measure.ts';

/*
 * The cost of a denied packet once its datagram is in memory. There are 100,000 packets of 1,000 flows, 64 in
 * a datagram as the kernel sends them.
 */

export const title = 'NFLOG: datagrams into flows, without the kernel';

const PACKETS = 100_000;
const FLOWS = 1_000;
const A_DATAGRAM = 64;

export async function run(): Promise<BenchRow[]> {
  const received = manyDatagrams();
  const { columns, objects } = await measureInterleaved({
    columns: () => timeThread(() => joinInColumns(received)),
    objects: () => timeThread(() => joinObjects(received)),
  });
  return [
    rateRow('parsed and joined', 'packets/CPU-s', PACKETS, columns, {
      ratio: timesFaster(columns, objects),
      against: 'an object a packet, a Map by text',
    }),
  ];
}

/** Processor time of some work, which other processes do not lengthen. */
function timeThread(work: () => void): number {
  const started = threadTimeMs();
  work();
  return threadTimeMs() - started;
}

/** An agent keeps its parts for all its life: when the last ones die, V8 discards their compiled code. */
const kept: unknown[] = [];

function makeParts() {
  const options = {
    activeTimeoutMs: 60_000,
    idleTimeoutMs: 15_000,
    maxFlows: 65_536,
    rememberMs: 150_000,
    protocols: undefined,
    loopback: true,
  };
  const matcher = new PrefixMatcher([{ group: 5, patterns: allPresets, defaultAction: RuleAction.drop }]);
  const flows = new DeniedFlows(
    options,
    matcher,
    new Ledger(),
    0,
    new DeniedRecords(() => {}, { wallAt: (ms) => ms }),
  );
  const parts = {
    flows,
    parser: new PacketParser(),
    message: new MessageCursor(),
    batch: new PacketBatch(new ArrayBuffer(BATCH_OCTETS)).clear(),
  };
  kept.push(parts);
  return parts;
}

function joinInColumns(received: readonly Uint8Array[]): void {
  const { flows, parser, message, batch } = makeParts();
  const handOn = () => {
    flows.join(batch, 0);
    batch.clear();
  };
  for (const datagram of received) {
    message.open(datagram, datagram.length);
    while (message.next()) {
      parser.parse(message, batch, 0);
      if (batch.isFull) handOn();
    }
  }
  handOn();
  checkTotals(flows.packets.held, flows.flows.held);
}

interface NaiveFlow {
  packets: number;
  octets: number;
}

function joinObjects(received: readonly Uint8Array[]): void {
  const flows = new Map<string, NaiveFlow>();
  for (const datagram of received) {
    for (const packet of packetsOf(Buffer.from(datagram.buffer, datagram.byteOffset, datagram.length))) {
      const { source, destination, sourcePort, destinationPort, protocol, prefix } = packet;
      const key = `${source}:${sourcePort}:${destination}:${destinationPort}:${protocol}:${prefix}`;
      const flow = flows.get(key) ?? { packets: 0, octets: 0 };
      flow.packets++;
      flow.octets += packet.octets;
      flows.set(key, flow);
    }
  }
  checkTotals(
    [...flows.values()].reduce((sum, flow) => sum + flow.packets, 0),
    flows.size,
  );
}

function* packetsOf(datagram: Buffer) {
  for (let at = 0; at < datagram.length; at += datagram.readUInt32LE(at)) {
    const attributes = new Map<number, Buffer>();
    const end = at + datagram.readUInt32LE(at);
    for (let next = at + 20; next < end; next += (datagram.readUInt16LE(next) + 3) & ~3) {
      const value = datagram.subarray(next + 4, next + datagram.readUInt16LE(next));
      attributes.set(datagram.readUInt16LE(next + 2), value);
    }
    const packet = attributes.get(9)!;
    const transport = (packet[0]! & 15) * 4;
    yield {
      prefix: attributes.get(10)!.toString('latin1'),
      octets: packet.readUInt16BE(2),
      protocol: packet[9]!,
      source: [...packet.subarray(12, 16)].join('.'),
      destination: [...packet.subarray(16, 20)].join('.'),
      sourcePort: packet.readUInt16BE(transport),
      destinationPort: packet.readUInt16BE(transport + 2),
    };
  }
}

/** Repeats the TCP packet of the fixtures, with other ports. */
function manyDatagrams(): Uint8Array[] {
  const one = Buffer.from(datagrams.tcp);
  const ports = one.length - 40;
  const many: Uint8Array[] = [];
  for (let packet = 0; packet < PACKETS; packet += A_DATAGRAM) {
    const messages = Array.from({ length: Math.min(A_DATAGRAM, PACKETS - packet) }, (_, index) => {
      const message = Buffer.from(one);
      message.writeUInt16BE((packet + index) % FLOWS, ports);
      return message;
    });
    many.push(new Uint8Array(Buffer.concat(messages)));
  }
  return many;
}

function checkTotals(packets: number, flows: number): void {
  if (packets !== PACKETS || flows !== FLOWS)
    throw new Error(`joined ${packets} packets into ${flows} flows`);
}
