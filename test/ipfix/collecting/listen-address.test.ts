import { describe, expect, it } from 'vitest';
import { formatListen } from '../../../src/ipfix/collecting/listen-address.ts';
import { availableTransports, parseListenAddress } from '../../../src/ipfix/index.ts';

describe('a listen address', () => {
  it.each([
    ['tcp://127.0.0.1:4739', { protocol: 'tcp', host: '127.0.0.1', port: 4739 }],
    ['udp://[::]', { protocol: 'udp', host: '::', port: 4739 }],
    ['tcp://localhost:0', { protocol: 'tcp', host: 'localhost', port: 0 }],
    ['udp://[fe80::1%eth0]:9995', { protocol: 'udp', host: 'fe80::1%eth0', port: 9995 }],
  ])('is read from %s', (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected);
  });

  it.each([
    ['tcp://127.0.0.1:4739', { protocol: 'tcp', host: '127.0.0.1', port: 4739 }],
    ['udp://[::]:4739', { protocol: 'udp', host: '::', port: 4739 }],
    ['unix:/run/weir/ipfix.sock', { protocol: 'tcp', host: '/run/weir/ipfix.sock', port: 0 }],
  ] as const)('is printed as %s', (text, address) => {
    expect(formatListen(address)).toBe(text);
  });

  it.each([
    '',
    '127.0.0.1:4739',
    'tcp://',
    'tcp://host:70000',
    'http://host',
    'tcp://::1:4739',
    'tcp://host:4739/x',
  ])('is refused when it is "%s"', (text) => {
    expect(() => parseListenAddress(text)).toThrow(
      expect.objectContaining({
        code: 'WEIR_LISTEN_ADDRESS_INVALID',
        message: `listen address: expected PROTOCOL://ADDRESS[:PORT], PROTOCOL one of ${availableTransports.join(', ')}, PORT from 0 to 65535, found "${text}"`,
      }),
    );
  });
});
