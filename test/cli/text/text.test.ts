import { describe, expect, it } from 'vitest';
import {
  destinationText,
  type PrintedFormat,
  recordPrinter,
  sourceText,
} from '../../../src/cli/text/index.ts';
import { RuleAction, recordToJson } from '../../../src/flow/index.ts';

describe('the ends of a flow', () => {
  it("are named by Pod or address, with the service's port by name", () => {
    const flow = { sourceIP: '2001:db8::1', sourceTransportPort: 443, destinationIP: '10.0.0.2' };
    expect([sourceText(flow), destinationText(flow)]).toEqual(['[2001:db8::1]:443', '10.0.0.2']);
    const pod = {
      destinationPodNamespace: 'shop',
      destinationPodName: 'db-0',
      destinationTransportPort: 5432,
    };
    expect([sourceText(pod), destinationText(pod)]).toEqual(['?', 'shop/db-0:postgres']);
  });
});

describe('a record', () => {
  const record = recordToJson({
    flowEndMilliseconds: Date.UTC(2026, 0, 31, 10, 0, 0, 250),
    flowEndReason: 2,
    sourceIP: '10.0.0.1',
    destinationIP: '10.0.0.2',
    sourceTransportPort: 40000,
    destinationTransportPort: 443,
    protocolIdentifier: 6,
    octetTotalCount: 1234,
    throughput: 2000,
    ingressNetworkPolicyRuleAction: RuleAction.drop,
    sourcePodLabels: '{"app":"a,b"}',
  });
  const print = (format: PrintedFormat) => {
    const printer = recordPrinter(format);
    return [printer.header, printer.line(record)] as const;
  };

  it('is a line of a table whose columns grow with their contents', () => {
    const printer = recordPrinter('table');
    expect([printer.header, printer.line(record)]).toEqual([
      'TIME (UTC)    PROTO   SOURCE                 DESTINATION             OCTETS     BACK         RATE    RATE BACK  RECORD',
      '10:00:00.250  TCP     10.0.0.1:40000         10.0.0.2:https         1.23 kB        -  2.00 kbit/s            -  Drop ActiveTimeout',
    ]);
    const wide = printer.line({ ...record, sourceIP: '2001:db8:1111:2222:3333:4444:5555:6666' });
    expect(printer.line(record).indexOf('10.0.0.2')).toBe(wide.indexOf('10.0.0.2'));
  });

  it.each([
    [118, ['TIME (UTC)', 'PROTO', 'SOURCE', 'DESTINATION', 'OCTETS', 'BACK', 'RATE', 'RECORD']],
    [80, ['TIME (UTC)', 'PROTO', 'SOURCE', 'DESTINATION', 'OCTETS']],
    [60, ['TIME (UTC)', 'SOURCE', 'DESTINATION']],
  ])('fits a terminal of %i columns by leaving columns out', (columns, titles) => {
    const printer = recordPrinter('table', () => columns);
    expect(printer.header!.split(/ {2,}/)).toEqual(titles);
    const wide = { ...record, sourceIP: '2001:db8:1111:2222:3333:4444:5555:6666' };
    for (const text of [printer.header!, printer.line(wide)])
      expect(text.length).toBeLessThanOrEqual(columns);
  });

  it('is one compact line', () => {
    expect(print('compact')).toEqual([
      undefined,
      '10:00:00.250Z TCP 10.0.0.1:40000 -> 10.0.0.2:https 1.23 kB / - Drop ActiveTimeout',
    ]);
  });

  it('has a mark if the source may not be the opener', () => {
    const { line } = recordPrinter('compact');
    const { ingressNetworkPolicyRuleAction: _, ...plain } = record;
    const known = (biflowDirection: string) => line({ ...plain, flowId: 7, biflowDirection });
    expect(known('Initiator')).toMatch(/ ActiveTimeout$/);
    expect(known('ReverseInitiator')).toMatch(/ ActiveTimeout opened by destination$/);
    expect(line({ ...plain, flowId: 7 })).toMatch(/ ActiveTimeout direction guessed$/);
    expect(line(plain)).toMatch(/ ActiveTimeout$/);
  });

  it('names the policy and rule that denied the flow', () => {
    const rule = {
      ingressNetworkPolicyRuleAction: RuleAction.reject,
      ingressNetworkPolicyNamespace: 'shop',
      ingressNetworkPolicyName: 'no-telnet',
      ingressNetworkPolicyRuleName: '7',
    };
    const { line } = recordPrinter('compact');
    expect(line(recordToJson({ ...rule, flowEndReason: 3 }))).toContain(' Reject shop/no-telnet:7 EndOfFlow');
  });

  it('marks names that look like spreadsheet formulas as text, and leaves numbers alone', () => {
    const { line } = recordPrinter('csv');
    for (const name of ['=1+1', '+cmd', '-1+1', '@SUM(A1)', ' =1'])
      expect(line({ sourcePodName: name }).split(',')).toContain(`'${name}`);
    expect(line({ sourcePodName: '=HYPERLINK("x","y")' })).toContain(`"'=HYPERLINK(""x"",""y"")"`);
    expect(line({ sourcePodName: '-1', destinationPodName: 'a-1' }).split(',')).toEqual(
      expect.arrayContaining(['-1', 'a-1']),
    );
    expect(line({ sourcePodName: 'a\r\nb"c' })).toContain('"a\\u000d\\u000ab""c"');
  });

  it('is a line of CSV with all possible columns', () => {
    const [header, line] = print('csv');
    const keys = header!.split(',');
    expect(new Set(keys).size).toBe(keys.length);
    expect(Object.keys(record).filter((key) => !keys.includes(key))).toEqual([]);
    expect(line).toContain('10.0.0.1,10.0.0.2,40000,443,TCP,6,');
    expect(line).toContain('"{""app"":""a,b""}"');
  });

  it('is printed unchanged as JSON', () => {
    expect(print('json')).toEqual([undefined, JSON.stringify(record)]);
  });
});
