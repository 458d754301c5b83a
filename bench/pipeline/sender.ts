/**
 * Two nodes' agents in one process, for the pipeline's benchmark. It connects twice over TCP and sends both
 * halves of inter-node flows in the 43-element template of an Antrea agent, `rounds` records a half. It sends
 * those of WARMUP flows first, then those of FLOWS others. It writes its bytes without Weir's own codec, so
 * that the two cannot share a fault.
 *
 *     node sender.ts PORT FLOWS ROUNDS RECORDS_A_MESSAGE WARMUP [CERTIFICATE KEY]
 *
 * With a certificate, which also is its own authority, it sends over TLS.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';

const [port, flows, rounds, recordsAMessage, warmupFlows] = process.argv.slice(2, 7).map(Number) as [
  number,
  number,
  number,
  number,
  number,
];

const [certificate, key] = process.argv.slice(7).map((path) => readFileSync(path));

const ANTREA = 56506;
const REVERSE = 29305;
const VARIABLE = 65535;

type Element = readonly [id: number, octets: number, enterprise?: number];

/** The template's 43 elements, in order. */
const elements: readonly Element[] = [
  ...([
    [150, 4],
    [151, 4],
    [136, 1],
    [7, 2],
    [11, 2],
    [4, 1],
    [86, 8],
    [85, 8],
    [2, 8],
    [1, 8],
    [8, 4],
    [12, 4],
  ] as const),
  ...[86, 85, 2, 1].map((id) => [id, 8, REVERSE] as const),
  ...[101, 100, 104, 103, 102, 105].map((id) => [id, VARIABLE, ANTREA] as const),
  [108, 2, ANTREA],
  [109, VARIABLE, ANTREA],
  ...policyElements(110, 111, 115, 141, 139),
  ...policyElements(112, 113, 118, 142, 140),
  [136, VARIABLE, ANTREA],
  [137, 1, ANTREA],
  ...[153, 154, 157].map((id) => [id, VARIABLE, ANTREA] as const),
  [172, 2, ANTREA],
  ...[106, 170, 168].map((id) => [id, 4, ANTREA] as const),
];

function policyElements(
  name: number,
  namespace: number,
  type: number,
  rule: number,
  action: number,
): Element[] {
  return [
    [name, VARIABLE, ANTREA],
    [namespace, VARIABLE, ANTREA],
    [type, 1, ANTREA],
    [rule, VARIABLE, ANTREA],
    [action, 1, ANTREA],
  ];
}

const TEMPLATE = 256;

const COUNTERS_AT = 14;
const REVERSE_AT = 54;

function templateMessage(domain: number): Buffer {
  const specifiers = Buffer.concat(
    elements.map(([id, octets, enterprise]) => {
      const field = Buffer.alloc(enterprise === undefined ? 4 : 8);
      field.writeUInt16BE(enterprise === undefined ? id : id | 0x8000, 0);
      field.writeUInt16BE(octets, 2);
      if (enterprise !== undefined) field.writeUInt32BE(enterprise, 4);
      return field;
    }),
  );
  const message = Buffer.concat([Buffer.alloc(24), specifiers]);
  writeHeader(message, 0, message.length, 0, domain);
  message.writeUInt16BE(2, 16);
  message.writeUInt16BE(message.length - 16, 18);
  message.writeUInt16BE(TEMPLATE, 20);
  message.writeUInt16BE(elements.length, 22);
  return message;
}

function writeHeader(into: Buffer, at: number, octets: number, sequence: number, domain: number): void {
  into.writeUInt16BE(10, at);
  into.writeUInt16BE(octets, at + 2);
  into.writeUInt32BE(START + rounds * 60, at + 4);
  into.writeUInt32BE(sequence, at + 8);
  into.writeUInt32BE(domain, at + 12);
}

const START = Math.floor(Date.now() / 1000) - rounds * 60;

const textOctets = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);

/** The record of one flow's half, without times and counters. */
function blankRecord(flow: number, side: 'source' | 'destination'): Buffer {
  const fixed = Buffer.alloc(86);
  fixed.writeUInt32BE(START, 0);
  fixed[8] = 2; // flowEndReason: active timeout
  fixed.writeUInt16BE(1024 + (flow % 60_000), 9);
  fixed.writeUInt16BE(443, 11);
  fixed[13] = 6; // TCP
  fixed.writeUInt32BE(0x0a00_0000 + (flow % 50_000), 46);
  fixed.writeUInt32BE(0x0a80_0000 + (flow % 5_000), 50);
  const service = Buffer.from(side === 'source' ? [10, 96, 0, 1] : [0, 0, 0, 0]);
  const ownText = (of: 'source' | 'destination', value: string) => textOctets(of === side ? value : '');
  return Buffer.concat([
    fixed,
    ownText('source', `client-${flow % 2_000}-7d5c9f6b8-x2v4q`),
    ownText('source', `team-${flow % 20}`),
    ownText('source', `node-${flow % 50}`),
    ownText('destination', `server-${flow % 500}-5f7d8c9b4-k8s7z`),
    ownText('destination', `shop-${flow % 10}`),
    ownText('destination', `node-${(flow + 7) % 50}`),
    Buffer.from(side === 'source' ? [1, 187] : [0, 0]), // destinationServicePort 443, before NAT on the source's node
    ownText('source', `shop-${flow % 10}/server-${flow % 500}:https`),
    ownText('destination', `allow-clients-${flow % 40}`),
    ownText('destination', `shop-${flow % 10}`),
    Buffer.from([side === 'destination' ? 1 : 0]),
    ownText('destination', 'rule-0'),
    Buffer.from([side === 'destination' ? 1 : 0]),
    textOctets(''),
    textOctets(''),
    Buffer.from([0]),
    textOctets(''),
    Buffer.from([0]),
    textOctets('ESTABLISHED'),
    Buffer.from([2]), // flowType: inter-node
    textOctets(''),
    textOctets(''),
    textOctets(''),
    Buffer.from([0, 0]),
    service,
    Buffer.from([0, 0, 0, 0]),
    service,
  ]);
}

/** Totals grow by the same deltas each round; both nodes count the same. */
function fillCounters(record: Buffer, round: number, flow: number): void {
  record.writeUInt32BE(START + round * 60, 4);
  const packets = 3 + (flow % 7);
  const octets = 1_500 + (flow % 1_000);
  const writeRecord = (at: number, packetDelta: number, octetDelta: number) => {
    record.writeUInt32BE(packetDelta * round, at + 4);
    record.writeUInt32BE(octetDelta * round, at + 12);
    record.writeUInt32BE(packetDelta, at + 20);
    record.writeUInt32BE(octetDelta, at + 28);
  };
  writeRecord(COUNTERS_AT, packets, octets);
  writeRecord(REVERSE_AT, packets * 2, octets * 3);
}

/** One agent's connection. */
class Agent {
  readonly #socket: net.Socket;
  readonly #side: 'source' | 'destination';
  readonly #domain: number;
  #buffer = Buffer.allocUnsafe(BUFFER_OCTETS);
  #at = 0;
  #sequence = 0;

  private constructor(socket: net.Socket, side: 'source' | 'destination', domain: number) {
    this.#socket = socket;
    this.#side = side;
    this.#domain = domain;
  }

  static async connect(side: 'source' | 'destination', domain: number): Promise<Agent> {
    const socket =
      certificate === undefined
        ? net.connect(port, '127.0.0.1')
        : tls.connect({ host: '127.0.0.1', port, ca: certificate, cert: certificate, key });
    await once(socket, certificate === undefined ? 'connect' : 'secureConnect');
    socket.write(templateMessage(domain));
    return new Agent(socket, side, domain);
  }

  /** `rounds` records of each of the flows numbered from `from` to before `to`. */
  async send(from: number, to: number): Promise<void> {
    const records = Array.from({ length: to - from }, (_, i) => blankRecord(from + i, this.#side));
    for (let round = 1; round <= rounds; round++) {
      for (let flow = from; flow < to; ) {
        flow += this.#writeMessage(records, flow - from, Math.min(to - flow, recordsAMessage), round, flow);
        if (this.#at + recordsAMessage * MOST_RECORD_OCTETS > BUFFER_OCTETS) await this.#flush();
      }
    }
    await this.#flush();
  }

  async end(): Promise<void> {
    this.#socket.end();
    await once(this.#socket, 'finish');
  }

  #writeMessage(
    records: readonly Buffer[],
    first: number,
    count: number,
    round: number,
    flow: number,
  ): number {
    const start = this.#at;
    let at = start + 20;
    for (let i = 0; i < count; i++) {
      const record = records[first + i]!;
      fillCounters(record, round, flow + i);
      at += record.copy(this.#buffer, at);
    }
    writeHeader(this.#buffer, start, at - start, this.#sequence, this.#domain);
    this.#buffer.writeUInt16BE(TEMPLATE, start + 16);
    this.#buffer.writeUInt16BE(at - start - 16, start + 18);
    this.#sequence += count;
    this.#at = at;
    return count;
  }

  async #flush(): Promise<void> {
    const isFull = !this.#socket.write(this.#buffer.subarray(0, this.#at));
    this.#buffer = Buffer.allocUnsafe(BUFFER_OCTETS);
    this.#at = 0;
    if (isFull) await once(this.#socket, 'drain');
  }
}

const BUFFER_OCTETS = 64 * 1024;
const MOST_RECORD_OCTETS = 300;

const agents = [await Agent.connect('source', 1), await Agent.connect('destination', 2)];
await Promise.all(agents.map((agent) => agent.send(flows, flows + warmupFlows)));
await Promise.all(agents.map((agent) => agent.send(0, flows)));
await Promise.all(agents.map((agent) => agent.end()));
