import { describe, expect, it } from 'vitest';
import { conditionOfWords, type FilterWords, parseCondition } from '../../../src/flow/index.ts';
import { logqlOf } from '../../../src/logs/logql/index.ts';

/** The stages of a query. */
const stages = (words: FilterWords, options?: Parameters<typeof logqlOf>[1]): string[] =>
  logqlOf(conditionOfWords(words), options).split('\n  ');
const all = '{service_name="weir-flows"}';

describe('the query without words', () => {
  it('selects all flows', () => {
    expect(stages({})).toEqual([all]);
    expect(stages({}, { staticLabels: { service_name: 'flows', place: 'a "b"' } })).toEqual([
      '{service_name="flows", place="a \\"b\\""}',
    ]);
  });
});

describe('labels', () => {
  it('select streams, including fallback streams, and a following filter is exact', () => {
    expect(stages({ type: ['inter-node'] })).toEqual([
      '{service_name="weir-flows", flowType=~"InterNode|"}',
      '| flowType="InterNode"',
    ]);
    expect(stages({ type: ['!to-external', '!from-external'] })).toEqual([
      '{service_name="weir-flows", flowType!~"ToExternal|FromExternal"}',
      '| flowType!="ToExternal"',
      '| flowType!="FromExternal"',
    ]);
  });

  it('have the stricter of two actions', () => {
    expect(stages({ action: ['drop'] })).toEqual([
      '{service_name="weir-flows", verdict=~"Drop|Reject"}',
      '| ingressNetworkPolicyRuleAction="Drop" or egressNetworkPolicyRuleAction="Drop"',
    ]);
    expect(stages({ action: ['!allow'] })[0]).toBe('{service_name="weir-flows", verdict!="Allow"}');
  });

  it('select the source, or the streams for names beyond the bound', () => {
    expect(stages({ src: ['shop/web-0'] })).toEqual([
      '{service_name="weir-flows", namespace=~"shop|other|"}',
      '| sourcePodNamespace="shop"',
      '| sourcePodName="web-0"',
    ]);
    expect(stages({ namespace: ['!shop'] })[0]).toBe('{service_name="weir-flows", namespace!="shop"}');
    expect(stages({ namespace: ['!other'] })[0]).toBe(all);
  });

  it('select nothing if either end may match, or if one of several values has no label', () => {
    expect(stages({ namespace: ['shop'] })).toEqual([
      all,
      '| sourcePodNamespace="shop" or destinationPodNamespace="shop"',
    ]);
    expect(stages({ src: ['shop/web-0', '10.0.0.0/8'] })[0]).toBe(all);
  });
});

describe('the line', () => {
  it('is searched for text before parsing, and parsed only as far as needed', () => {
    expect(stages({ src: ['10.0.0.1'] })).toEqual([
      all,
      '|= "10.0.0.1 "',
      '| pattern "<sourceIP> <_>"',
      '| sourceIP="10.0.0.1"',
    ]);
    expect(stages({ proto: ['tcp', 'udp'] })).toEqual([
      all,
      '|= " TCP " or " UDP "',
      '| pattern "<_> <_> <_> <_> <protocol> <_>"',
      '| protocol="TCP" or protocol="UDP"',
    ]);
  });

  it('is parsed after all filters that need no parsing', () => {
    expect(stages({ port: ['443'], node: ['node-1'] })).toEqual([
      all,
      '| sourceNodeName="node-1" or destinationNodeName="node-1"',
      '| pattern "<_> <sourceTransportPort> <_> <destinationTransportPort> <_>"',
      '| sourceTransportPort="443" or destinationTransportPort="443" or destinationServicePort="443"',
    ]);
  });

  it("has the total of a direction only if it differs from the record's count", () => {
    expect(stages({ 'min-octets': ['1000'] })).toEqual([
      all,
      '| pattern "<_> <_> <_> <_> <_> <_> <_> <octetDeltaCount> <_> <reverseOctetDeltaCount> <_>"',
      '| logfmt octetTotalCount, reverseOctetTotalCount',
      '| label_format octets="{{ addf (or .octetTotalCount .octetDeltaCount | float64) (or .reverseOctetTotalCount .reverseOctetDeltaCount | float64) }}"',
      '| octets >= 1000',
    ]);
  });

  it('is not parsed for values that are also structured metadata', () => {
    const options = { metadata: ['sourceIP', 'protocolIdentifier'] as const };
    expect(stages({ src: ['10.0.0.1', '::'], proto: ['!tcp'] }, options)).toEqual([
      all,
      '| sourceIP="10.0.0.1" or sourceIP=""',
      '| protocolIdentifier!="TCP"',
    ]);
  });

  it('is read by key if a name is not structured metadata', () => {
    expect(stages({ node: ['node 1'] }, { metadata: [] })).toEqual([
      all,
      '| logfmt sourceNodeName, destinationNodeName',
      '| sourceNodeName="node 1" or destinationNodeName="node 1"',
    ]);
  });
});

describe('addresses', () => {
  it('are matched with ranges by ip(), which ignores absent addresses', () => {
    expect(stages({ dst: ['!10.0.0.0/8'] })).toEqual([
      all,
      '| (destinationServiceIP="" or destinationServiceIP!=ip("10.0.0.0/8"))',
      '| pattern "<_> <_> <destinationIP> <_>"',
      '| destinationIP!=ip("10.0.0.0/8")',
    ]);
  });

  it('are matched one by one when they are too short for ip()', () => {
    expect(stages({ src: ['::/126'] }).at(-1)).toBe(
      '| sourceIP=ip("::/126") or sourceIP="::1" or sourceIP="::2" or sourceIP="::3" or sourceIP="-"',
    );
  });
});

describe('values as tables print them', () => {
  it('are ends with their ports, before and after destination NAT', () => {
    expect(stages({ dst: ['192.0.2.20:https'] })).toEqual([
      all,
      '| pattern "<_> <_> <destinationIP> <destinationTransportPort> <_>"',
      '| (destinationIP="192.0.2.20" and destinationTransportPort="443") or (destinationServiceIP="192.0.2.20" and destinationServicePort="443")',
    ]);
    expect(stages({ src: ['[2001:db8::1]:443'] })).toEqual([
      all,
      '|= "2001:db8::1 "',
      '| pattern "<sourceIP> <sourceTransportPort> <_>"',
      '| sourceIP="2001:db8::1"',
      '| sourceTransportPort="443"',
    ]);
    expect(stages({ src: ['!shop/web-0:8080'] }).at(-1)).toBe(
      '| sourcePodNamespace!="shop" or sourcePodName!="web-0" or sourceTransportPort!="8080"',
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
    const name = 'a"b\\c\n`} | line_format "x';
    expect(stages({ node: [name] })[1]).toBe(
      String.raw`| sourceNodeName="a\"b\\c\n${'`'}} | line_format \"x" or destinationNodeName="a\"b\\c\n${'`'}} | line_format \"x"`,
    );
    expect(stages({ src: ['a|b*/c'] })[0]).toBe(
      String.raw`{service_name="weir-flows", namespace=~"a\\|b\\*|other|"}`,
    );
    expect(stages({ dst: ['svc:a+b/c'] })[1]).toBe(
      String.raw`| destinationServicePortName="a+b/c" or destinationServicePortName=~"a\\+b/c:(?s:.*)"`,
    );
  });

  it('are joined as a condition joins them', () => {
    const query = (text: string) => logqlOf(parseCondition(text)).split('\n  ');
    expect(query('namespace=shop and not (node=n1 or tcpState="")')).toEqual([
      '{service_name="weir-flows"}',
      '| sourcePodNamespace="shop" or destinationPodNamespace="shop"',
      '| sourceNodeName!="n1"',
      '| destinationNodeName!="n1"',
      '| tcpState!=""',
    ]);
    expect(query('node=n1 or (cluster=c and tcpState=CLOSE)')[1]).toBe(
      '| sourceNodeName="n1" or destinationNodeName="n1" or (clusterId="c" and tcpState="CLOSE")',
    );
  });

  it('are refused if lines do not tell them', () => {
    expect(() => logqlOf(parseCondition('port=80 or sourceWorkload=shop/web'))).toThrow(
      'a query of logs cannot test sourceWorkload and destinationWorkload',
    );
  });

  it('are refused, with the expected form, if no filter accepts them', () => {
    expect(() => logqlOf(conditionOfWords({ port: ['htp'] }))).toThrow(
      'filter port: expected port of either end',
    );
  });
});
