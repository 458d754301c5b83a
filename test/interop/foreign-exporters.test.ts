import { expect, it } from 'vitest';
import { foreignExporters, ipfixPort } from '../support/foreign-exporters.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { decodeWithTshark } from '../support/tshark.ts';

/*
 * The other interop tests compare our decoder with tshark on these captures. Here: that there is something to
 * compare.
 */
for (const { name, needs, capture } of foreignExporters) {
  requires('tshark', ...needs)(`a capture of ${name}`, () => {
    it('holds data records that tshark decodes, each with the addresses or devices of a flow', async () => {
      using directory = new TemporaryDirectory();
      const decoded = await decodeWithTshark(await capture(directory), { port: ipfixPort });
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
