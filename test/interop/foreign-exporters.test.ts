import { expect, it } from 'vitest';
import { readIpfixFile } from '../../src/cli/capture/index.ts';
import { ForeignBed } from '../support/foreign-bed.ts';
import { foreignExporters } from '../support/foreign-exporters.ts';
import { differences, ipfixPort, trafficOf } from '../support/metered-ends.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { decodeWithTshark } from '../support/tshark.ts';

/*
 * The other interop tests compare our decoder with tshark on these captures. This test checks that there is
 * something to compare.
 */
for (const { name, needs, capture, keeps = 0 } of foreignExporters) {
  requires('tshark', ...needs)(`a capture of ${name}`, () => {
    it('contains what the kernel counted, without a loss by sequence numbers, and tshark decodes it', async () => {
      using directory = new TemporaryDirectory();
      const { file, traffic } = await capture(directory);
      const bed = new ForeignBed();
      bed.clock.advance(Date.now() - bed.clock.now());
      for await (const captured of readIpfixFile(file)) {
        if ('session' in captured) bed.receive([captured.octets.slice()]);
      }
      const { received, events, dropped } = bed.account();
      expect(received).toBeGreaterThan(0);
      expect([events['lost upstream'], dropped.duplicate]).toEqual([undefined, undefined]);
      // Some IPv6 connections look alike, as ulogd2 tells them. The octets below show whether any are lost.
      const { duplicate: _, ...lost } = bed.account('aggregator').dropped;
      expect(lost).toEqual({});
      const reported = trafficOf(bed.pass());
      const compared = [...traffic].filter(([way]) => keeps === 0 || reported.has(way));
      expect(differences(reported, new Map(compared))).toEqual([]);
      expect(traffic.size - reported.size).toBeLessThanOrEqual(keeps);
      const decoded = await decodeWithTshark(file, { port: ipfixPort });
      expect(decoded.complaints).toEqual([]);
      const flows = decoded.records.filter(({ scopeFieldCount }) => scopeFieldCount === 0);
      expect(flows.length).toBeGreaterThan(0);
      const sourceIPv4Address = 8;
      const sourceIPv6Address = 27;
      const sourceMacAddress = 56;
      for (const flow of flows) {
        const sources = [sourceIPv4Address, sourceIPv6Address, sourceMacAddress].map((id) =>
          flow.find(0, id),
        );
        expect(sources.some((source) => source !== undefined && source.shown !== '')).toBe(true);
      }
    });
  });
}
