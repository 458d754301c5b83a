import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flowRecordsRoute } from '../../../src/api/index.ts';
import { batchOf, type FlowBatch, type FlowRecord } from '../../../src/flow/index.ts';
import { HttpServer } from '../../../src/http/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';

let server: HttpServer;
let batches: FlowBatch[];

beforeEach(async () => {
  const listing = { flowBatches: () => batches };
  server = new HttpServer(
    { host: '127.0.0.1', port: 0 },
    { '/flowrecords': flowRecordsRoute(listing, new FakeClock()) },
  );
  await server.start();
});

afterEach(() => server.stop());

const tcp: FlowRecord = {
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.1.2',
  sourceTransportPort: 40_000,
  destinationTransportPort: 8443,
  destinationServiceIP: '10.96.0.7',
  destinationServicePort: 443,
  protocolIdentifier: 6,
};
const icmp: FlowRecord = { sourceIP: '2001:db8::1', destinationIP: '2001:db8::2', protocolIdentifier: 58 };

const ask = (query = '') => fetch(`${server.url}/flowrecords${query}`);
const found = async (query = '') =>
  ((await (await ask(query)).json()) as Record<string, unknown>[]).map(
    ({ protocolIdentifier }) => protocolIdentifier,
  );

describe('/flowrecords', () => {
  it('returns an empty list when there are no flows', async () => {
    batches = [];
    const answer = await ask();
    expect(await answer.text()).toBe('[]\n');
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  it('returns each flow by the names of its elements, with numbers and whole seconds', async () => {
    const times = {
      flowStartMilliseconds: 1_700_000_000_900,
      flowEndMilliseconds: 1_700_000_002_100,
      flowEndSecondsFromSourceNode: 1_700_000_002_000,
    };
    const names = { sourcePodName: 'cart', tcpState: 'TIME_WAIT', flowType: 2, octetTotalCount: 7 };
    batches = [batchOf([{ ...tcp, ...times, ...names }])];
    const [record] = (await (await ask()).json()) as Record<string, unknown>[];
    expect(record).toMatchObject({
      ...names,
      flowStartSeconds: 1_700_000_000,
      flowEndSeconds: 1_700_000_002,
      flowEndSecondsFromSourceNode: 1_700_000_002,
      flowEndSecondsFromDestinationNode: 0,
      sourceIPv4Address: '10.0.0.1',
      destinationIPv4Address: '10.0.1.2',
      destinationClusterIPv4: '10.96.0.7',
      destinationServiceIPv4: '10.96.0.7',
      protocolIdentifier: 6,
      destinationPodName: '',
      egressNetworkPolicyRuleAction: 0,
      reverseThroughput: 0,
    });
    expect(Object.keys(record!)).toHaveLength(43);
  });

  it('returns addresses of IPv6 under the names that these have', async () => {
    batches = [batchOf([icmp])];
    const [record] = (await (await ask()).json()) as Record<string, unknown>[];
    expect(record).toMatchObject({ sourceIPv6Address: '2001:db8::1', destinationIPv6Address: '2001:db8::2' });
    expect(record).not.toHaveProperty('sourceIPv4Address');
  });

  it.each([
    ['', [6, 58]],
    ['?srcip=10.0.0.1', [6]],
    ['?srcip=10.0.0.1&dstip=10.0.1.2&proto=6&srcport=40000&dstport=8443', [6]],
    ['?srcip=10.0.0.1&dstip=10.96.0.7&proto=tcp&srcport=40000&dstport=443', [6]],
    ['?srcip=10.0.0.1&dstip=10.0.1.2&proto=17', []],
    ['?srcip=2001:db8:0::1&proto=58&srcport=0&dstport=0', [58]],
    ['?srcip=10.0.0.2', []],
  ])('takes exact values: %s', async (query, expected) => {
    batches = [batchOf([tcp]), batchOf([icmp])];
    expect(await found(query)).toEqual(expected);
  });

  it.each([
    ['?srcip=10.0.0', 'srcip: expected an IPv4 or IPv6 address, found "10.0.0"'],
    ['?srcport=65536', 'srcport: expected a port from 0 to 65535, found "65536"'],
    ['?proto=nothing', 'proto: expected a protocol by number or name, found "nothing"'],
    ['?proto=6&proto=17', 'proto: expected it once, found it 2 times'],
    ['?port=80', 'there is no parameter port; there are srcip, dstip, proto, srcport, dstport'],
  ])('refuses %s', async (query, error) => {
    batches = [];
    const answer = await ask(query);
    expect([answer.status, await answer.json()]).toEqual([400, { error }]);
  });

  it('returns many flows whole, and lets others have their turn in between', async () => {
    batches = Array.from({ length: 8 }, () => batchOf(Array.from({ length: 1_000 }, () => tcp)));
    let turns = 0;
    const count = setInterval(() => turns++, 1);
    const records = await found();
    clearInterval(count);
    expect(records).toHaveLength(8_000);
    expect(turns).toBeGreaterThan(8);
  });

  it('refuses a fifth client at a time, and answers again when one has left', async () => {
    batches = Array.from({ length: 60 }, () => batchOf(Array.from({ length: 1_000 }, () => tcp)));
    const ends = Array.from({ length: 4 }, () => new AbortController());
    const slow = await Promise.all(ends.map(({ signal }) => fetch(`${server.url}/flowrecords`, { signal })));
    expect(slow.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await ask()).status).toBe(503);
    for (const end of ends) end.abort();
    await until('room for another', async () => {
      const { status, body } = await ask('?srcip=192.0.2.1');
      await body?.cancel();
      return status === 200;
    });
  });
});
