import { describe, expect, it } from 'vitest';
import { loadAgentSettings, loadAggregatorSettings } from '../../../src/cli/config/index.ts';
import { WeirError } from '../../../src/runtime/index.ts';
import { weir } from '../weir.ts';

const agent = (text: string, ...defaults: string[]) =>
  loadAgentSettings(text, 'agent.yaml', defaults).settings;

function refusalOf(...defaults: string[]): string {
  try {
    agent('', ...defaults);
  } catch (error) {
    expect(error).toBeInstanceOf(WeirError);
    const { code, message, remedy } = error as WeirError;
    expect(code).toBe('WEIR_USAGE_DEFAULT');
    return `${message}. ${remedy}`;
  }
  throw new Error('accepted');
}

describe('a default of the command line', () => {
  it('counts for an option that the file leaves out', () => {
    const settings = agent(
      'flowPollInterval: 1s\n',
      'weir.nodeName=node-1',
      'weir.track=true',
      'weir.metrics.listen=[192.0.2.7]:9465',
      'weir.nodeNetworks=[10.244.1.0/24, fd00::/64]',
    );
    expect(settings).toMatchObject({
      nodeName: 'node-1',
      track: true,
      pollIntervalMs: 1_000,
      metrics: { listen: { host: '192.0.2.7', port: 9465, isAskedFor: true }, instance: 'node-1' },
      nodeNetworks: ['10.244.1.0/24', 'fd00::/64'],
    });
  });

  it('gives way to the file, also to an older key there and to a value beside it', () => {
    const file = 'flowPollInterval: 7s\nweir: { nodeName: of-the-file, track: }\n';
    const settings = agent(
      file,
      'weir.nodeName=node-1',
      'weir.track=true',
      'flowExporter.flowPollInterval=9s',
    );
    expect(settings).toMatchObject({ nodeName: 'of-the-file', track: true, pollIntervalMs: 7_000 });
  });

  it('is a text where the option is one, also when it looks like a number', () => {
    expect(agent('', 'weir.nodeName=123').nodeName).toBe('123');
    expect(agent('', 'weir.nodeName=on').nodeName).toBe('on');
  });

  it('counts for an aggregator, whose file may be a ConfigMap', () => {
    const file = 'data:\n  flow-aggregator.conf: |\n    clusterID: blue\n';
    const { settings } = loadAggregatorSettings(file, 'file', ['clusterID=red', 'weir.maxFlows=5000']);
    expect(settings).toMatchObject({ clusterId: 'blue', maxFlows: 5_000 });
  });

  it.each([
    ['weir.nodName=x', /expected OPTION=VALUE with an option of the file\. Did you mean nodeName\?/],
    ['weir.track', /expected OPTION=VALUE/],
    ['weir=x', /expected OPTION=VALUE/],
    ['flowExporter.flowPollInterval=1ms', /expected a duration of at least 1s.*found "1ms"\. Correct/],
    ['weir.track=maybe', /expected true or false, found "maybe"/],
    ['weir.nodeName=$(NODE_NAME)', /found "\$\(NODE_NAME\)"\. Set that variable: nothing has replaced it/],
    ['weir.nodeName=', /expected a name, found ""/],
  ])('is refused with what was expected: %s', (text, refusal) => {
    expect(refusalOf(text)).toMatch(refusal);
  });

  it('stops the start of both programs when it is wrong', async () => {
    for (const program of ['agent', 'aggregator']) {
      const { code, stderr } = await weir(program, '--config', '/dev/null', '--default', 'weir.x=1');
      expect([code, stderr]).toEqual([2, expect.stringMatching(/--default weir\.x=1.*WEIR_USAGE_DEFAULT/s)]);
    }
  });

  it('does not hide a fault of the file', () => {
    expect(() => agent('weir: [1]\n', 'weir.nodeName=node-1')).toThrow(/agent\.yaml:1: weir: expected/);
  });
});
