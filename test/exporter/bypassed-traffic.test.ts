import { beforeEach, describe, expect, it } from 'vitest';
import { Blindness } from '../../src/exporter/blindness.ts';
import { BypassedTraffic } from '../../src/exporter/bypassed-traffic.ts';
import { Log } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { someLink } from './links/some-link.ts';

let said: string[];
let blindness: Blindness;
let bypassed: BypassedTraffic;

beforeEach(() => {
  said = [];
  blindness = new Blindness('agent', new Log(new FakeClock(), (line) => said.push(line)));
  bypassed = new BypassedTraffic(blindness);
});

const uplink = (octets: number) => someLink({ index: 2, name: 'eth0', receivedOctets: octets });
const pod = (octets: number) => someLink({ index: 3, name: 'lxc1', kind: 'veth', receivedOctets: octets });
const host = someLink({ index: 4, name: 'cilium_host', kind: 'veth', hasPeerHere: true });

function read(seconds: number, links: ReturnType<typeof someLink>[], ipReceivedOctets: number): void {
  bypassed.take({ addresses: [], links, ipReceivedOctets }, seconds * 1_000);
}

describe('traffic that bypasses connection tracking', () => {
  it('blinds the agent when most octets of half a minute did not reach IP, and names the datapath', () => {
    read(0, [host, uplink(1_000), pod(1_000)], 500);
    read(5, [host, uplink(801_000), pod(201_000)], 200_500);
    expect(blindness.problems).toEqual([]);
    read(30, [host, uplink(801_000), pod(201_000)], 200_500);
    expect(blindness.problems).toEqual([
      'tracking bypassed: Cilium forwards 80 % of the octets by eBPF, where the kernel tracks no connections. ' +
        'Set bpf.hostLegacyRouting=true in Cilium, so that packets pass through the host, or take the flows from Hubble.',
    ]);
    expect(bypassed).toMatchObject({ enteredOctets: 1_000_000, ipOctets: 200_000 });
  });

  it('blinds it no longer when half a minute of octets has reached IP', () => {
    read(0, [host, uplink(0)], 0);
    read(30, [host, uplink(1_000_000)], 0);
    expect(blindness.problems).toHaveLength(1);
    read(60, [host, uplink(2_000_000)], 900_000);
    expect(blindness.problems).toEqual([]);
  });

  it('stays as it was while too few octets enter to judge', () => {
    read(0, [host, uplink(0)], 0);
    read(30, [host, uplink(1_000_000)], 0);
    read(60, [host, uplink(1_000_100)], 100);
    expect(blindness.problems).toHaveLength(1);
  });

  it('is no fault where no link shows an eBPF datapath, as with bridged frames', () => {
    read(0, [uplink(0)], 0);
    read(30, [uplink(5_000_000)], 0);
    expect(blindness.problems).toEqual([]);
    expect(bypassed.enteredOctets).toBe(5_000_000);
  });

  it('ends when the datapath is gone', () => {
    read(0, [host, uplink(0)], 0);
    read(30, [host, uplink(1_000_000)], 0);
    read(60, [uplink(1_000_000)], 0);
    expect(blindness.problems).toEqual([]);
  });

  it('counts nothing that passed in another namespace', () => {
    read(0, [host, uplink(0)], 0);
    read(20, [host, uplink(900_000)], 900_000);
    bypassed.restart();
    read(25, [host, uplink(7_000_000)], 10);
    read(60, [host, uplink(7_000_000)], 10);
    expect(bypassed).toMatchObject({ enteredOctets: 900_000, ipOctets: 900_000 });
    expect(blindness.problems).toEqual([]);
  });
});
