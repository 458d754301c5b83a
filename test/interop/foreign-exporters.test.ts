import { expect, it } from 'vitest';
import { readIpfixFile } from '../../src/cli/capture/index.ts';
import { ForeignBed } from '../support/foreign-bed.ts';
import { foreignExporters, ipfixPort } from '../support/foreign-exporters.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { decodeWithTshark } from '../support/tshark.ts';

/*
 * The other interop tests compare our decoder with tshark on these captures. This test checks that there is
 * something to compare.
 */
for (const { name, needs, capture } of foreignExporters) {
  requires('tshark', ...needs)(`a capture of ${name}`, () => {
    it('contains flows that tshark decodes and Weir counts, without a loss by sequence numbers', async () => {
      using directory = new TemporaryDirectory();
      const file = await capture(directory);
      const bed = new ForeignBed();
      for await (const captured of readIpfixFile(file)) {
        if ('session' in captured) bed.receive([captured.octets.slice()]);
      }
      const { received, events, dropped } = bed.account();
      expect(received).toBeGreaterThan(0);
      expect([events['lost upstream'], dropped.duplicate]).toEqual([undefined, undefined]);
      expect(bed.account('aggregator').dropped).toEqual({});
      const octets = bed
        .pass()
        .reduce((sum, flow) => sum + flow.octetDeltaCount! + (flow.reverseOctetDeltaCount ?? 0), 0);
      // Over both families 20 connections send 20,000 octets each, plus headers.
      expect(octets).toBeGreaterThan(800_000);
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
