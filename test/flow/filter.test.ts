import { describe, expect, it } from 'vitest';
import {
  batchOf,
  conditionOfWords,
  type FilterWords,
  FlowFilter,
  type FlowRecord,
  FlowType,
  RuleAction,
} from '../../src/flow/index.ts';

/** By name, one record each. */
const flows = {
  web: {
    sourceIP: '10.1.0.1',
    destinationIP: '10.2.0.1',
    sourceTransportPort: 40000,
    destinationTransportPort: 8443,
    destinationServiceIP: '10.96.0.1',
    destinationServicePort: 443,
    destinationServicePortName: 'shop/web:https',
    protocolIdentifier: 6,
    sourcePodNamespace: 'shop',
    sourcePodName: 'client-1',
    destinationPodNamespace: 'shop',
    destinationPodName: 'web-0',
    sourceNodeName: 'node-a',
    destinationNodeName: 'node-b',
    flowType: FlowType.interNode,
    ingressNetworkPolicyNamespace: 'shop',
    ingressNetworkPolicyName: 'allow-web',
    ingressNetworkPolicyRuleAction: RuleAction.allow,
    octetTotalCount: 600,
    reverseOctetTotalCount: 400,
  },
  dns: {
    sourceIP: '10.1.0.1',
    destinationIP: '203.0.113.53',
    sourceTransportPort: 50000,
    destinationTransportPort: 53,
    protocolIdentifier: 17,
    sourcePodNamespace: 'ops',
    sourcePodName: 'client-1',
    sourceNodeName: 'node-a',
    flowType: FlowType.toExternal,
    egressNetworkPolicyName: 'no-dns',
    egressNetworkPolicyRuleAction: RuleAction.drop,
    octetTotalCount: 999,
  },
  v6: {
    sourceIP: '2001:db8::1',
    destinationIP: '2001:db8:1::2',
    sourceTransportPort: 443,
    destinationTransportPort: 60000,
    protocolIdentifier: 6,
    destinationServicePortName: 'shop/web-canary:https',
  },
} satisfies Record<string, FlowRecord>;

const batch = batchOf(Object.values(flows));
function passing(words: FilterWords): string[] {
  const passes = new FlowFilter(conditionOfWords(words)).bind(batch);
  return Object.keys(flows).filter((_, row) => passes(row));
}

describe('a filter', () => {
  it.each<[FilterWords, string[]]>([
    [{}, ['web', 'dns', 'v6']],
    [{ src: ['10.1.0.1'] }, ['web', 'dns']],
    [{ src: ['10.0.0.0/8'] }, ['web', 'dns']],
    [{ src: ['shop/client-1'] }, ['web']],
    [{ src: ['2001:db8::/32'] }, ['v6']],
    [{ dst: ['10.2.0.0/16'] }, ['web']],
    [{ dst: ['10.96.0.1'] }, ['web']],
    [{ dst: ['shop/web-0'] }, ['web']],
    [{ dst: ['svc:shop/web'] }, ['web']],
    [{ dst: ['svc:shop/web:https'] }, ['web']],
    [{ src: ['10.1.0.1:40000'] }, ['web']],
    [{ src: ['10.1.0.1:https'] }, []],
    [{ src: ['[2001:db8::1]:443'] }, ['v6']],
    [{ src: ['[2001:db8::/32]:https'] }, ['v6']],
    [{ src: ['ops/client-1:50000'] }, ['dns']],
    [{ src: ['ops/client-1:40000'] }, []],
    [{ src: ['!10.0.0.0/8:40000'] }, ['dns', 'v6']],
    [{ dst: ['203.0.113.53:dns'] }, ['dns']],
    [{ dst: ['10.2.0.1:8443'] }, ['web']],
    [{ dst: ['10.96.0.1:https'] }, ['web']],
    [{ dst: ['10.2.0.1:https'] }, []],
    [{ dst: ['10.96.0.1:8443'] }, []],
    [{ dst: ['shop/web-0:https-alt'] }, ['web']],
    [{ dst: ['shop/web-0:https'] }, []],
    [{ peer: ['10.1.0.1:50000', '[2001:db8:1::2]:60000'] }, ['dns', 'v6']],
    [{ peer: ['203.0.113.53', '2001:db8::1'] }, ['dns', 'v6']],
    [{ peer: ['ops/client-1'] }, ['dns']],
    [{ peer: ['svc:shop/web-canary'] }, ['v6']],
    [{ namespace: ['shop'] }, ['web']],
    [{ node: ['node-b'] }, ['web']],
    [{ node: ['node-a'] }, ['web', 'dns']],
    [{ node: ['node-c'] }, []],
    [{ port: ['443'] }, ['web', 'v6']],
    [{ port: ['https'] }, ['web', 'v6']],
    [{ port: ['DNS'] }, ['dns']],
    [{ proto: ['tcp'] }, ['web', 'v6']],
    [{ proto: ['Tcp'] }, ['web', 'v6']],
    [{ proto: ['17'] }, ['dns']],
    [{ type: ['inter-node'] }, ['web']],
    [{ type: ['ToExternal'] }, ['dns']],
    [{ action: ['drop'] }, ['dns']],
    [{ action: ['allow', 'drop'] }, ['web', 'dns']],
    [{ policy: ['allow-web'] }, ['web']],
    [{ policy: ['shop/allow-web'] }, ['web']],
    [{ policy: ['other/allow-web'] }, []],
    [{ 'min-octets': ['1000'] }, ['web']],
    [{ 'min-octets': ['999'] }, ['web', 'dns']],
    [{ 'min-octets': ['1.00 kB'] }, ['web']],
    [{ 'min-octets': ['1KiB'] }, []],
    [{ 'min-octets': ['999 B'] }, ['web', 'dns']],
  ])('%j passes %j', (words, names) => {
    expect(passing(words)).toEqual(names);
  });

  it('passes a record when every word holds, a word when any of its values and none of its negated ones does', () => {
    const holds = { proto: ['tcp'], port: ['443'] } as const;
    const cases: [FilterWords, boolean][] = [
      [{ ...holds }, true],
      [{ ...holds, proto: ['udp'] }, false],
      [{ ...holds, proto: ['udp', 'tcp'] }, true],
      [{ ...holds, proto: ['!tcp'] }, false],
      [{ ...holds, proto: ['!udp'] }, true],
      [{ ...holds, proto: ['!udp', '!tcp'] }, false],
      [{ ...holds, proto: ['tcp', '!udp'] }, true],
      [{ ...holds, proto: ['tcp', '!tcp'] }, false],
      [{ ...holds, port: ['!443'] }, false],
      [{ ...holds, port: ['!53'] }, true],
      [{ ...holds, port: [] }, true],
    ];
    for (const [words, expected] of cases) {
      expect(passing(words).includes('web'), JSON.stringify(words)).toBe(expected);
    }
  });

  it.each<[FilterWords, string]>([
    [{ src: ['nonsense'] }, 'filter src: expected source'],
    [{ src: ['svc:shop/web'] }, 'filter src: expected source'],
    [{ dst: ['10.0.0.0/33'] }, 'filter dst: expected destination'],
    [{ peer: ['10.0.0/8'] }, 'filter peer: expected either end'],
    [{ src: ['192.0.2.1:htps'] }, '; found "192.0.2.1:htps"'],
    [{ dst: ['shop/web-0:65536'] }, '; found "shop/web-0:65536"'],
    [{ port: ['65536'] }, 'filter port: expected port'],
    [{ port: ['htps'] }, 'filter port: expected port'],
    [{ proto: ['tpc'] }, 'filter proto: expected protocol'],
    [{ proto: ['256'] }, 'filter proto: expected protocol'],
    [{ type: ['inner'] }, 'filter type: expected flow type'],
    [{ action: ['pass'] }, 'filter action: expected action of the policy rule'],
    [{ 'min-octets': ['-1'] }, '; found "-1"'],
    [{ 'min-octets': ['1 XB'] }, 'filter min-octets: expected minimum octets of both directions'],
    [{ colour: ['red'] } as FilterWords, 'there is no filter "colour"; there are src, dst'],
  ])('reports an invalid filter: %j', (words, message) => {
    expect(() => new FlowFilter(conditionOfWords(words))).toThrow(message);
  });
});
