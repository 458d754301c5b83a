import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type AvailableTransport, transportKinds } from '../../src/ipfix/index.ts';
import type { Random } from '../support/random.ts';
import { type Break, BrokenWay, StreamUnits } from './carried-units.ts';

const LOOPBACK = '127.0.0.1';

/** A relay between one exporter and a collector on loopback. */
export interface BreakingRelay {
  /** Where the exporter sends to. */
  readonly port: number;
  /** Address and port from which the collector hears it. */
  readonly peer: string;
  close(): void;
}

/** One connection and what breaks on its way. */
export interface RelayedWay {
  readonly transport: AvailableTransport;
  readonly collectorPort: number;
  /** The address of loopback from which the collector hears it. */
  readonly address: string;
  /** Undefined: nothing. */
  readonly broken: Break | undefined;
  readonly random: Random;
}

/** Starts a relay that breaks one unit of one direction. */
export function startRelay(way: RelayedWay): Promise<BreakingRelay> {
  return transportKinds[way.transport].isReliable ? startStreamRelay(way) : startDatagramRelay(way);
}

const wayTo = (direction: Break['direction'], { transport, broken, random }: RelayedWay): BrokenWay =>
  new BrokenWay(transport, broken?.direction === direction ? broken : undefined, random);

async function startStreamRelay(way: RelayedWay): Promise<BreakingRelay> {
  const { collectorPort, address, transport } = way;
  const inside = connect({ host: LOOPBACK, port: collectorPort, localAddress: address });
  await once(inside, 'connect');
  const peer = `${address}:${inside.localPort}`;
  let outside: Socket | undefined;
  const server = createServer((socket) => {
    outside = socket;
    join(socket, inside, new StreamUnits(transport), wayTo('to collector', way));
    join(inside, socket, new StreamUnits(transport), wayTo('to exporter', way));
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const close = () => {
    server.close();
    inside.destroy();
    outside?.destroy();
  };
  return { port: (server.address() as AddressInfo).port, peer, close };
}

/** Carries what comes from one socket to another. */
function join(from: Socket, to: Socket, units: StreamUnits, way: BrokenWay): void {
  from.on('data', (chunk) => {
    for (const unit of units.push(chunk)) {
      const { carried, isEnd } = way.carry(unit);
      for (const octets of carried) if (!to.destroyed) to.write(octets);
      if (isEnd) {
        to.destroySoon();
        from.destroy();
      }
    }
  });
  from.on('error', () => {}); // 'close' follows
  from.on('end', () => void (to.destroyed || to.end()));
  from.on('close', () => to.destroySoon());
}

async function startDatagramRelay(way: RelayedWay): Promise<BreakingRelay> {
  const { collectorPort, address } = way;
  const [outside, inside] = [createSocket('udp4'), createSocket('udp4')];
  outside.bind(0, LOOPBACK);
  inside.bind(0, address);
  await Promise.all([once(outside, 'listening'), once(inside, 'listening')]);
  const [toCollector, toExporter] = [wayTo('to collector', way), wayTo('to exporter', way)];
  let exporterPort = 0;
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    outside.close();
    inside.close();
  };
  const carry = (way: BrokenWay, datagram: Uint8Array, send: (octets: Uint8Array) => void) => {
    const { carried, isEnd } = way.carry(datagram);
    for (const octets of carried) if (isOpen) send(octets);
    if (isEnd) close();
  };
  outside.on('message', (datagram, { port }) => {
    exporterPort = port;
    carry(toCollector, datagram, (octets) => inside.send(octets, collectorPort, LOOPBACK));
  });
  inside.on('message', (datagram) =>
    carry(toExporter, datagram, (octets) => outside.send(octets, exporterPort, LOOPBACK)),
  );
  for (const socket of [outside, inside]) socket.on('error', () => {}); // the other end is gone
  return { port: outside.address().port, peer: `${address}:${inside.address().port}`, close };
}
