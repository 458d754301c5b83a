import { describe, expect, it } from 'vitest';
import { conditionOfWords, type FilterWords } from '../../../src/flow/index.ts';
import { logsqlOf } from '../../../src/logs/logsql/index.ts';

/** The conditions and pipes of a query. */
const stages = (words: FilterWords, options?: Parameters<typeof logsqlOf>[1]): string[] =>
  logsqlOf(conditionOfWords(words), options).split('\n  ');
const all = '{service_name="weir-flows"}';

describe('the query without words', () => {
  it('selects all flows', () => {
    expect(stages({})).toEqual([all]);
    expect(stages({}, { staticLabels: { service_name: 'flows', place: 'a "b"' } })).toEqual([
      '{service_name="flows", place="a \\"b\\""}',
    ]);
  });
});

describe('stream fields', () => {
  it('select streams, and the filter after them is exact', () => {
    expect(stages({ action: ['drop'], type: ['!to-external'] })).toEqual([
      '{service_name="weir-flows", flowType!="ToExternal", verdict=~"Drop|Reject"}',
      '(ingressNetworkPolicyRuleAction:="Drop" or egressNetworkPolicyRuleAction:="Drop")',
      '!flowType:="ToExternal"',
    ]);
  });
});

describe('fields', () => {
  it('are filtered before any line is read', () => {
    expect(stages({ port: ['443'], node: ['node-1'] })).toEqual([
      all,
      '(sourceNodeName:="node-1" or destinationNodeName:="node-1")',
      '| extract "<_> <sourceTransportPort> <_> <destinationTransportPort> <_>"',
      '| filter sourceTransportPort:="443" or destinationTransportPort:="443" or destinationServicePort:="443"',
    ]);
  });

  it('exclude a value with !, and include records without one', () => {
    expect(stages({ peer: ['!shop/web-0'] })).toEqual([
      all,
      '(!sourcePodNamespace:="shop" or !sourcePodName:="web-0")',
      '(!destinationPodNamespace:="shop" or !destinationPodName:="web-0")',
    ]);
  });

  it('are filtered directly even if they contain the core of lines', () => {
    const options = { metadata: ['sourceIP', 'protocolIdentifier'] as const };
    expect(stages({ src: ['10.0.0.1'], proto: ['tcp', '0'] }, options)).toEqual([
      all,
      'sourceIP:="10.0.0.1"',
      '(protocolIdentifier:="TCP" or protocolIdentifier:="" or protocolIdentifier:="0")',
    ]);
  });

  it('are read by key if they follow the core', () => {
    expect(stages({ dst: ['svc:shop/web'] }, { metadata: [] })).toEqual([
      all,
      '| unpack_logfmt fields (destinationServicePortName)',
      '| filter destinationServicePortName:="shop/web" or destinationServicePortName:="shop/web:"*',
    ]);
  });
});

describe('the line', () => {
  it('is searched for phrases before it is parsed as far as needed', () => {
    expect(stages({ src: ['10.0.0.1'] })).toEqual([
      all,
      '"10.0.0.1 "',
      '| extract "<sourceIP> <_>"',
      '| filter sourceIP:="10.0.0.1"',
    ]);
    expect(stages({ proto: ['tcp', 'udp'] })).toEqual([
      all,
      '(" TCP " or " UDP ")',
      '| extract "<_> <_> <_> <_> <protocol> <_>"',
      '| filter protocol:="TCP" or protocol:="UDP"',
    ]);
  });

  it("has the total of a direction only if it differs from the record's count", () => {
    expect(stages({ 'min-octets': ['1000'] })).toEqual([
      all,
      '| extract "<_> <_> <_> <_> <_> <_> <_> <octetDeltaCount> <_> <reverseOctetDeltaCount> <_>"',
      '| unpack_logfmt fields (octetTotalCount, reverseOctetTotalCount)',
      '| format if (octetTotalCount:"") "<octetDeltaCount>" as octetTotalCount',
      '| format if (reverseOctetTotalCount:"") "<reverseOctetDeltaCount>" as reverseOctetTotalCount',
      '| math (octetTotalCount default 0) + (reverseOctetTotalCount default 0) as octets',
      '| filter octets:>=1000',
    ]);
    const totals = { metadata: ['octetTotalCount', 'reverseOctetTotalCount'] as const };
    expect(stages({ 'min-octets': ['!1000'] }, totals)).toEqual([
      all,
      '| math (octetTotalCount default 0) + (reverseOctetTotalCount default 0) as octets',
      '| filter !octets:>=1000',
    ]);
  });
});

describe('addresses', () => {
  it('are matched with ranges of their version, and absent ones match none with the zero address', () => {
    expect(stages({ dst: ['!10.0.0.0/8'], src: ['2001:db8::/32'] })).toEqual([
      all,
      '!destinationServiceIP:ipv4_range("10.0.0.0/8")',
      '| extract "<sourceIP> <_> <destinationIP> <_>"',
      '| filter !destinationIP:ipv4_range("10.0.0.0/8")',
      '| filter sourceIP:ipv6_range("2001:db8::/32")',
    ]);
    expect(stages({ src: ['::/64'] }).at(-1)).toBe('| filter sourceIP:ipv6_range("::/64") or sourceIP:="-"');
  });
});

describe('values as tables print them', () => {
  it('are ends with their ports, before and after destination NAT', () => {
    expect(stages({ dst: ['192.0.2.20:https'] })).toEqual([
      all,
      '| extract "<_> <_> <destinationIP> <destinationTransportPort> <_>"',
      '| filter (destinationIP:="192.0.2.20" and destinationTransportPort:="443") or (destinationServiceIP:="192.0.2.20" and destinationServicePort:="443")',
    ]);
    expect(stages({ src: ['!shop/web-0:8080'] }).at(-1)).toBe(
      '| filter !sourcePodNamespace:="shop" or !sourcePodName:="web-0" or !sourceTransportPort:="8080"',
    );
  });

  it('select streams by the namespace of a Pod, and none by an address', () => {
    expect(stages({ src: ['shop/web-0:8080'] })[0]).toBe(
      '{service_name="weir-flows", namespace=~"shop|other|"}',
    );
    expect(stages({ src: ['192.0.2.0/24:8080'] })[0]).toBe(all);
  });

  it('mean the same as their numbers', () => {
    expect(stages({ port: ['https'] })).toEqual(stages({ port: ['443'] }));
    expect(stages({ 'min-octets': ['31.6 kB'] })).toEqual(stages({ 'min-octets': ['31600'] }));
  });
});

describe('hostile values', () => {
  it('stay values', () => {
    const name = 'a"b\\c\n`} | delete _msg # "x';
    const said = String.raw`"a\"b\\c\n${'`'}} | delete _msg # \"x"`;
    expect(stages({ node: [name] })[1]).toBe(`(sourceNodeName:=${said} or destinationNodeName:=${said})`);
    expect(stages({ src: ['a|b*/c'] })[0]).toBe(
      String.raw`{service_name="weir-flows", namespace=~"a\\|b\\*|other|"}`,
    );
    expect(stages({ dst: ['svc:a*/b'] })[1]).toBe(
      '(destinationServicePortName:="a*/b" or destinationServicePortName:="a*/b:"*)',
    );
  });

  it('are refused, with the expected form, if no filter accepts them', () => {
    expect(() => logsqlOf(conditionOfWords({ port: ['htp'] }))).toThrow(
      'filter port: expected port of either end',
    );
  });
});
