import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { startCollector } from '../../support/ipfix.ts';
import { message, octets, set, template, u32 } from '../../support/ipfix-octets.ts';
import { until } from '../../support/until.ts';

const announcement = message(set(2, template(256, [1, 4])));
const data = message(set(256, u32(5)));
const broken = octets(data.subarray(0, 18), 255, 255, u32(5)); // its set is longer than the message

describe('the consumer of messages', () => {
  it('has each whole message once as it came, with the templates from before it', async () => {
    const taken: { octets: Buffer; known: number; peer: string; length: number }[] = [];
    await using receiving = await startCollector({
      listen: [{ protocol: 'udp', host: '127.0.0.1', port: 0 }],
      onMessage: ({ peer, templates }, { domain, length }, bytes, start) =>
        taken.push({
          octets: Buffer.from(bytes.subarray(start, start + length)),
          known: [...templates.templatesOf(domain)].length,
          peer,
          length,
        }),
    });
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    // The first waits for its template, and is read a second time when that has arrived.
    for (const [sent, one] of [data, announcement, data, broken].entries()) {
      socket.send(one, receiving.address.port, '127.0.0.1');
      await until('the message', () => receiving.collector.messages.received === sent + 1);
    }
    const peer = `127.0.0.1:${socket.address().port}`;
    socket.close();
    expect(taken).toEqual(
      [data, announcement, data].map((one, i) => ({
        octets: Buffer.from(one),
        known: [0, 0, 1][i],
        peer,
        length: one.length,
      })),
    );
    expect(receiving.collector.records.received).toBe(2);
    expect(receiving.collector.messages.toJSON()).toMatchObject({
      received: 4,
      sent: 3,
      dropped: { 'set-beyond-message': 1 },
    });
  });
});
