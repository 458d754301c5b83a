import { describe, expect, it } from 'vitest';
import { ExportingProcess, formatCollectorAddress, parseCollectorAddress } from '../../../src/ipfix/index.ts';
import { Ledger, systemClock, WeirError } from '../../../src/runtime/index.ts';
import { keptLog } from '../../support/ipfix.ts';

describe('a collector address', () => {
  it.each([
    ['collector', { host: 'collector', port: 4739, protocol: 'tcp' }],
    ['192.0.2.1:9995', { host: '192.0.2.1', port: 9995, protocol: 'tcp' }],
    ['192.0.2.1:udp', { host: '192.0.2.1', port: 4739, protocol: 'udp' }],
    ['[2001:db8::1]:4740:UDP', { host: '2001:db8::1', port: 4740, protocol: 'udp' }],
    [
      'flow-aggregator.flow-aggregator.svc:4739:tls',
      {
        host: 'flow-aggregator.flow-aggregator.svc',
        port: 4739,
        protocol: 'tls',
        service: { namespace: 'flow-aggregator', name: 'flow-aggregator' },
      },
    ],
    [
      'aggregator.flow-visibility.svc.cluster.local',
      { host: 'aggregator.flow-visibility.svc.cluster.local', port: 4739, protocol: 'tcp' },
    ],
    [
      'flow-visibility/aggregator:14739:grpc',
      {
        host: 'aggregator.flow-visibility.svc',
        port: 14739,
        protocol: 'grpc',
        service: { namespace: 'flow-visibility', name: 'aggregator' },
      },
    ],
  ])('is read from %s', (text, expected) => {
    const address = parseCollectorAddress(text);
    expect(address).toEqual(expected);
    expect(parseCollectorAddress(formatCollectorAddress(address))).toEqual(address);
  });

  it('takes the default protocol of its reader', () => {
    expect(parseCollectorAddress('collector', 'tls').protocol).toBe('tls');
  });

  it.each([
    ['', 'HOST[:PORT][:PROTO]'],
    ['2001:db8::1:4739', 'HOST[:PORT][:PROTO]'],
    ['[nonsense]:4739', 'an IPv6 address between the brackets'],
    ['host:70000', 'a port from 1 to 65535'],
    ['host:0', 'a port from 1 to 65535'],
    ['host:4739:sctp', 'one of the protocols tcp, udp, tls, dtls, grpc'],
    ['a/b/c:4739', 'namespace/service'],
  ])('is refused when it is "%s"', (text, expected) => {
    expect(() => parseCollectorAddress(text)).toThrow(`expected ${expected}`);
    expect(() => parseCollectorAddress(text)).toThrow(`found "${text}"`);
  });
});

describe('an exporter', () => {
  const make = (address: string, maxMessageOctets?: number) => () =>
    new ExportingProcess({
      address: parseCollectorAddress(address),
      records: 'agent',
      observationDomainId: 1,
      clock: systemClock,
      log: keptLog().log,
      ledger: new Ledger(),
      ...(maxMessageOctets === undefined ? {} : { maxMessageOctets }),
    });

  it('refuses gRPC with what to use instead', () => {
    expect(make('host:4739:grpc')).toThrow(
      expect.objectContaining({
        code: 'WEIR_TRANSPORT_NOT_YET',
        message: 'collector address host:4739:grpc: Weir does not export over grpc yet',
        remedy: 'Use tcp or udp or tls or dtls',
      }),
    );
  });

  it('refuses message sizes below 512 octets and above the maximum of IPFIX', () => {
    expect(make('host', 511)).toThrow(WeirError);
    expect(make('host', 65_536)).toThrow('expected 512 to 65535 octets, found 65536');
    expect(make('host', 512)).not.toThrow();
  });
});
