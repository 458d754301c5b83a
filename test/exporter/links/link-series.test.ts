import { describe, expect, it } from 'vitest';
import { LinkChoice, LinkSeries } from '../../../src/exporter/links/index.ts';
import { someLink } from './some-link.ts';

const pod = (index: number, octets: number) =>
  someLink({ index, name: `veth${index}`, kind: 'veth', receivedOctets: octets, sentDropped: octets / 10 });

function series(limit = 64, capacities = new Map<string, number>()) {
  const links = new LinkSeries(new LinkChoice({ limit }), capacities);
  const sum = () => links.metrics.find(({ name }) => name === 'other links');
  return { links, sum };
}

describe('the series of links', () => {
  it("show a link from its creation, with the configured capacity rather than the system's", () => {
    const { links, sum } = series(64, new Map([['eth0', 5]]));
    links.take([
      someLink({ name: 'eth0', speedBitsPerSecond: 9, sentOctets: 7 }),
      someLink({ name: 'eth1', speedBitsPerSecond: 9 }),
    ]);
    expect(links.metrics).toMatchObject([
      { name: 'eth0', capacityBitsPerSecond: 5, sentOctets: 7 },
      { name: 'eth1', capacityBitsPerSecond: 9, sentOctets: 0 },
    ]);
    expect(sum()).toBeUndefined();
  });

  it('sum up the others from zero, and lose nothing when one disappears', () => {
    const { links, sum } = series();
    links.take([pod(1, 1_000), pod(2, 500)]);
    expect(sum()).toMatchObject({ receivedOctets: 0, sentDropped: 0, capacityBitsPerSecond: undefined });
    links.take([pod(1, 1_100), pod(2, 550)]);
    expect(sum()).toMatchObject({ receivedOctets: 150, sentDropped: 15 });
    links.take([pod(2, 560)]);
    expect(sum()).toMatchObject({ receivedOctets: 160, sentDropped: 16 });
    links.take([]);
    expect(sum()).toMatchObject({ receivedOctets: 160, sentDropped: 16 });
  });

  it('count all traffic of a new link, and a counter that starts again', () => {
    const { links, sum } = series();
    links.take([pod(1, 1_000)]);
    links.take([pod(1, 1_000), pod(2, 300)]);
    expect(sum()?.receivedOctets).toBe(300);
    links.take([pod(1, 40), pod(2, 300)]);
    expect(sum()?.receivedOctets).toBe(340);
  });

  it('add a link to the sum with its traffic from then on', () => {
    const { links, sum } = series();
    links.take([someLink({ ...pod(1, 1_000), name: 'new' })]);
    expect(sum()).toBeUndefined();
    links.take([someLink({ ...pod(1, 1_010), isPort: true })]);
    expect(sum()?.receivedOctets).toBe(10);
  });

  it('do not count earlier traffic of links in another namespace', () => {
    const { links, sum } = series();
    links.take([pod(1, 1_000)]);
    links.take([pod(1, 1_200)]);
    links.restart();
    links.take([pod(1, 9_000)]);
    expect(sum()?.receivedOctets).toBe(200);
  });

  it('report once that the limit leaves links out, and sum those up', () => {
    const { links, sum } = series(1);
    const hardware = (octets: number) => [1, 2].map((index) => someLink({ index, receivedOctets: octets }));
    expect(links.take([...hardware(10), pod(3, 10)])).toMatch(
      /^1 network interfaces have no series of their own: 1 have, which is the limit\./,
    );
    expect(links.take([...hardware(15), pod(3, 17)])).toBeUndefined();
    expect(sum()?.receivedOctets).toBe(5 + 7);
    expect(links.counts).toEqual([
      { told: 'own', links: 1 },
      { told: 'summed', links: 1 },
      { told: 'beyond limit', links: 1 },
    ]);
  });
});
