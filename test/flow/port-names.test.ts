import { describe, expect, it } from 'vitest';
import { portsOf, serviceName } from '../../src/flow/index.ts';

describe('a port', () => {
  it('has its well-known name, or none', () => {
    expect([443, 5432, 40_000].map(serviceName)).toEqual(['https', 'postgres', undefined]);
  });

  it.each([
    ['443', [443]],
    ['0443', [443]],
    ['0', [0]],
    ['https', [443]],
    ['HTTPS', [443]],
    ['netbios', [137, 138, 139]],
  ])('is found by number or by name: %s', (text, ports) => {
    expect(portsOf(text)).toEqual(ports);
  });

  it.each(['65536', '-1', '4.4', 'htps', 'constructor', ''])('is not found by "%s"', (text) => {
    expect(portsOf(text)).toBeUndefined();
  });

  it('is among the ports with its name', () => {
    const named = Array.from({ length: 65_536 }, (_, port) => port).filter((port) => serviceName(port));
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((port) => !portsOf(serviceName(port)!)?.includes(port))).toEqual([]);
  });
});
