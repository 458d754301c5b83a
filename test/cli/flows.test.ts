import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordToJson } from '../../src/flow/index.ts';
import { AnsweringServer } from '../support/answering-server.ts';
import { startWeir, weir } from './weir.ts';

vi.setConfig({ testTimeout: 60_000 }); // each start of the program takes a second on a busy machine

const record = recordToJson({
  flowEndMilliseconds: Date.UTC(2026, 0, 31, 9, 15, 19, 552),
  sourceIP: '2001:db8::10',
  destinationIP: '2001:db8:7::7',
  sourceTransportPort: 60_022,
  destinationTransportPort: 443,
  protocolIdentifier: 6,
  octetTotalCount: 31_600,
  throughput: 29_000,
  flowEndReason: 2,
});

describe('weir flows', () => {
  let server: AnsweringServer;
  beforeEach(async () => {
    server = await new AnsweringServer().start();
    server.says(200, `${JSON.stringify(record)}\n`, {});
  });
  afterEach(() => server[Symbol.asyncDispose]());

  /** The lines of a table in a terminal of this width. */
  async function tableIn(columns: number): Promise<string[]> {
    const NODE_OPTIONS = `--import=data:text/javascript,process.stdout.columns=${columns}`;
    const program = startWeir(['flows', '--server', server.url], { environment: { NODE_OPTIONS } });
    const { stdout, stderr } = await program.ended;
    expect(stderr).toBe('');
    return stdout.trimEnd().split('\n');
  }

  it('shows a table whose header names the zone, whatever the zone of the process', async () => {
    const program = startWeir(['flows', '--server', server.url], { environment: { TZ: 'America/New_York' } });
    const { stdout } = await program.ended;
    const [header, line] = stdout.split('\n');
    expect(header).toMatch(/^TIME \(UTC\) +PROTO .* RECORD$/);
    expect(line).toMatch(/^09:15:19\.552 .* ActiveTimeout$/);
  });

  it('shows a table that no line of wraps in a terminal', async () => {
    expect(await tableIn(80)).toEqual([
      'TIME (UTC)    PROTO   SOURCE                 DESTINATION             OCTETS',
      '09:15:19.552  TCP     [2001:db8::10]:60022   [2001:db8:7::7]:https  31.6 kB',
    ]);
    expect(await tableIn(50)).toEqual([
      'TIME (UTC)    SOURCE                 DESTINATION',
      '09:15:19.552  [2001:db8::10]:60022   [2001:db8:7:…',
    ]);
  });

  it('asks for what the table shows in the words of the table', async () => {
    const words = { src: '[2001:db8::10]:60022', dst: '[2001:db8:7::7]:https', proto: 'TCP' };
    const given = Object.entries({ ...words, 'min-octets': '31.6 kB', port: 'https' });
    const { stderr } = await weir(
      'flows',
      '--server',
      server.url,
      ...given.flatMap(([word, value]) => [`--${word}`, value]),
    );
    expect(stderr).toBe('');
    const { parameters } = server.questions[0]!;
    expect(given.map(([word]) => [word, parameters.get(word)])).toEqual(given);
  });

  it.each(['', '/', '/weir', '/weir/', '/weir/flows'])(
    'asks a server below a path: --server http://…%s',
    async (path) => {
      await weir('flows', '--server', server.url + path);
      expect(server.questions.map((question) => question.path)).toEqual([
        path.startsWith('/weir') ? '/weir/flows' : '/flows',
      ]);
    },
  );

  it.each([
    '127.0.0.1:9',
    'localhost:9',
    'ftp://127.0.0.1',
    'http://name:hunter2@127.0.0.1:9',
    'name:hunter2@127.0.0.1:9',
  ])('refuses what is no URL of an aggregator, and shows no password: %s', async (url) => {
    const { code, stderr } = await weir('flows', '--server', url);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--server: expected the URL')]);
    expect(stderr).not.toContain('hunter2');
  });
});
