import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/index.ts';
import { printableText } from '../../src/runtime/index.ts';
import { startFlowStream } from '../support/flow-stream.ts';
import { MetricsText } from '../support/metrics-text.ts';
import { latestOf, startPrometheus } from '../support/prometheus.ts';
import { checkMetrics } from '../support/promtool.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { loneHost } from '../support/topology.ts';
import { until } from '../support/until.ts';
import { startWeir, stopWeir } from '../support/weir.ts';

/**
 * Names that no cluster allows and that a label must still carry, by their description. Characters that a
 * terminal would obey are escaped.
 */
const hostileNames: Readonly<Record<string, string>> = {
  quotes: 'say "hello" and \'bye\'',
  'a line feed': 'first line\nsecond line',
  'a carriage return and a tab': 'one\r\ttwo',
  backslashes: 'C:\\new\\"table\\',
  'an escape as text': 'not a\\n line feed',
  emoji: '👩‍🚀🛰️ to 火星',
  'what a selector is made of': '{}=~",#[]()',
  'a comment': '# EOF',
  'a control character': 'bell\u0007and null\u0000',
  'characters that turn the text around': 'a\u202Eb\u2066c',
  '300 characters': `${'x'.repeat(299)}y`,
  '120 characters of four octets': '🦆'.repeat(120),
  'what the budget calls the rest': 'other',
  'a space': ' ',
};

/** PromQL's strings have Go's escapes, which include JSON's. */
const inPromQL = (text: string): string => JSON.stringify(text);

requires(
  'namespaces',
  'prometheus',
  'promtool',
)('a Pod and a namespace', () => {
  it('appear in Prometheus with their exact names, by scrape and by OTLP', async () => {
    await using host = await loneHost();
    using directory = new TemporaryDirectory();
    await using prometheus = await startPrometheus({
      namespace: host,
      scrape: { 'weir-aggregator': ['127.0.0.1:9464'] },
    });
    const otlp = [{ endpoint: prometheus.otlpUrl, interval: '1s', timeout: '1s' }];
    const metrics = { groupings: ['pod', 'namespace', 'policy'], otlp };
    const file = { aggregatorTransportProtocol: 'tcp', weir: { metrics } };
    const aggregator = await startWeir(host, 'aggregator', file, directory);
    const names = Object.values(hostileNames);
    const shown = names.map(printableText);
    await startFlowStream(host, { host: '127.0.0.1', domain: 1, batches: [names.map(record)] }).succeeds();

    const last = shown.at(-1)!;
    const ways = [
      {
        selector: (name: string) =>
          `weir_flow_pod_bytes_total{source_kind="Pod", source_pod=${inPromQL(name)}, source_namespace=${inPromQL(`in ${name}`)}}`,
        pod: 'source_pod',
        namespace: 'source_namespace',
      },
      {
        selector: (name: string) =>
          `weir_flow_pod_bytes_total{instance="${hostname()}:10349", weir_source_kind="Pod", source_k8s_pod_name=${inPromQL(name)}, source_k8s_namespace_name=${inPromQL(`in ${name}`)}}`,
        pod: 'source_k8s_pod_name',
        namespace: 'source_k8s_namespace_name',
      },
    ];
    for (const { selector, pod, namespace } of ways) {
      await until('the series', async () => (await prometheus.query(latestOf(selector(last)))).length > 0);
      for (const [index, what] of Object.keys(hostileNames).entries()) {
        const name = shown[index]!;
        const found = await prometheus.query(latestOf(selector(name)));
        expect(
          found.map(({ labels, value }) => [labels[pod], labels[namespace], value]),
          what,
        ).toEqual([[name, `in ${name}`, 1_000 + index]]);
      }
    }
    const policies = await prometheus.query(
      `group by (policy, rule) (${latestOf('weir_flow_policy_flows_total{instance="127.0.0.1:9464"}')})`,
    );
    expect(policies.map(({ labels }) => labels.policy).sort()).toEqual([...shown].sort());

    const { body } = await host.fetch('http://127.0.0.1:9464/metrics');
    const samples = new MetricsText(body).samplesOf('weir_flow_pod_bytes_total', { source_kind: 'Pod' });
    expect(samples.map(({ labels }) => labels.source_pod).sort()).toEqual([...shown].sort());
    await expect(checkMetrics(body)).resolves.toBe('');
    for (const line of await stopWeir(aggregator)) expect(line).toMatchObject({ closes: true, dropped: 0 });
  });
});

function record(name: string, index: number): FlowRecord {
  const now = Date.now();
  return {
    flowStartMilliseconds: now - 1_000,
    flowEndMilliseconds: now,
    flowEndReason: 2,
    sourceIP: `10.1.0.${index + 1}`,
    destinationIP: '10.2.0.1',
    sourceTransportPort: 40_000 + index,
    destinationTransportPort: 443,
    protocolIdentifier: 6,
    octetTotalCount: 1_000 + index,
    packetTotalCount: 10,
    octetDeltaCount: 1_000 + index,
    packetDeltaCount: 10,
    sourcePodName: name,
    sourcePodNamespace: `in ${name}`,
    sourceNodeName: 'node-1',
    destinationNodeName: 'node-1',
    ingressNetworkPolicyNamespace: `in ${name}`,
    ingressNetworkPolicyName: name,
    ingressNetworkPolicyRuleName: `rule of ${name}`,
    ingressNetworkPolicyType: 1,
    ingressNetworkPolicyRuleAction: 1,
    flowType: 1,
    tcpState: 'ESTABLISHED',
  };
}
