import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldsText } from '../../src/cli/decoded-record.ts';
import { drawFrame, LiveFlows, plainStyle } from '../../src/cli/live/index.ts';
import { printedFormats, recordPrinter } from '../../src/cli/text/index.ts';
import { batchOf, recordToJson } from '../../src/flow/index.ts';
import { Log } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** Characters from outside that no terminal may receive, including line feeds, and invisible ones. */
const obeyed = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\x1b',
      '\x9b',
      '\n',
      '\r',
      '\x07',
      '\x00',
      '\x7f',
      '\u202e',
      '\u2066',
      '\u200f',
      '\u2028',
      '\u200b',
      '\ufeff',
      '\u00ad',
      '\u{e0041}',
      '\ufe0f',
    ),
    fc.constantFrom('=', '"', ',', '\\', 'a', ':'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
});

describe('for any name from outside, no control character reaches a terminal from', () => {
  it.each(printedFormats)('a line of format %s', (format) => {
    fc.assert(
      fc.property(hostile, hostile, (namespace, pod) => {
        const flow = { sourcePodNamespace: namespace, sourcePodName: pod, sourcePodLabels: pod };
        expect(recordPrinter(format).line(recordToJson(flow))).not.toMatch(obeyed);
      }),
    );
  });

  it('a record without a flow', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const record = {
          exportTime: '2026-01-31T10:00:00Z',
          exporter: '192.0.2.1:4739',
          transport: 'tcp',
          version: 10 as const,
          observationDomainId: 1,
          sequenceNumber: 0,
          templateId: 256,
          scopeFieldCount: 0,
          fields: { interfaceName: text, userName: [text, text] },
        };
        expect(fieldsText(record)).not.toMatch(obeyed);
      }),
    );
  });

  it('a frame of the live view', () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 31, 10));
    fc.assert(
      fc.property(hostile, (text) => {
        const live = new LiveFlows(clock);
        live.write(batchOf([{ sourcePodName: text, destinationPodName: text, tcpState: text }]));
        const lines = drawFrame(
          {
            host: text,
            nowMs: clock.now(),
            startedMs: clock.now(),
            totals: live.totals(),
            flows: live.busiest(1),
            lost: 0,
            http: 'http://127.0.0.1:10348',
            message: text,
          },
          { columns: 120, rows: 20 },
          plainStyle,
        );
        expect(lines.join('')).not.toMatch(obeyed);
      }),
    );
  });

  it('a line of the log, while listeners get the unchanged text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const lines: string[] = [];
        const heard: string[] = [];
        const log = new Log(new FakeClock(0), (line) => lines.push(line));
        log.listen((entry) => heard.push(entry.text));
        log.warn('sink', `the server says ${text}`, { exporter: text });
        expect(lines).toHaveLength(1);
        expect(lines[0]).not.toMatch(obeyed);
        expect(heard).toEqual([`the server says ${text}`]);
      }),
    );
  });
});
