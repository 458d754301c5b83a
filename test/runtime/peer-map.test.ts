import { describe, expect, it } from 'vitest';
import { PeerMap } from '../../src/runtime/index.ts';

const peerAt = (address: string, port: number) => ({ address, port });

describe('a map of peers', () => {
  it('keeps one value for each address and port', () => {
    const map = new PeerMap<string>();
    map.set(peerAt('192.0.2.1', 1), 'a');
    map.set(peerAt('192.0.2.1', 2), 'b');
    map.set(peerAt('192.0.2.2', 1), 'c');
    map.set(peerAt('192.0.2.1', 1), 'd');
    expect([map.size, ...map]).toEqual([3, 'd', 'b', 'c']);
    expect(map.get(peerAt('192.0.2.1', 2))).toBe('b');
    expect(map.get(peerAt('192.0.2.2', 2))).toBeUndefined();
  });

  it('counts a value once that is deleted twice', () => {
    const map = new PeerMap<string>();
    map.set(peerAt('192.0.2.1', 1), 'a');
    map.set(peerAt('192.0.2.1', 2), 'b');
    map.delete(peerAt('192.0.2.1', 1));
    map.delete(peerAt('192.0.2.1', 1));
    map.delete(peerAt('192.0.2.9', 1));
    expect([map.size, ...map]).toEqual([1, 'b']);
    map.delete(peerAt('192.0.2.1', 2));
    expect([map.size, ...map]).toEqual([0]);
  });
});
