import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Reception } from '../../../src/ipfix/collecting/listener.ts';
import { TcpReading } from '../../../src/ipfix/collecting/tcp-reading.ts';
import type { TransportSession } from '../../../src/ipfix/collecting/transport-session.ts';
import { Turns } from '../../../src/ipfix/collecting/turns.ts';

const SMALLEST_MESSAGE = Uint8Array.from([0, 10, 0, 16, ...new Array<number>(12).fill(0)]);

it('a turn of slow messages is over after a few of them, and delivers its records once', async () => {
  let nowMs = 0;
  let read = 0;
  let deliveries = 0;
  const decoder = {
    read: () => {
      nowMs += 0.5; // as one with a template that nobody has seen before
      read++;
      return true;
    },
    deliver: () => deliveries++,
  };
  const socket = { pause() {}, resume() {}, isPaused: () => true };
  const reading = new TcpReading(
    socket as Partial<Socket> as Socket,
    { hold() {} } as Partial<TransportSession> as TransportSession,
    { decoder, turns: new Turns(() => nowMs) } as unknown as Reception,
  );
  reading.push(Buffer.concat(new Array(40).fill(SMALLEST_MESSAGE)));
  expect({ read, deliveries }).toEqual({ read: 16, deliveries: 1 });
  await nextTurn();
  expect({ read, deliveries }).toEqual({ read: 32, deliveries: 2 });
  await nextTurn();
  expect({ read, deliveries }).toEqual({ read: 40, deliveries: 3 });
});
