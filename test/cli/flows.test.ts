import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askAggregator, parseServerAddress } from '../../src/cli/server/index.ts';
import { recordToJson } from '../../src/flow/index.ts';
import { AnsweringServer } from '../support/answering-server.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { startWeir, weir } from './weir.ts';

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

  it("names the time zone in the table's header, in any zone of the process", async () => {
    const program = startWeir(['flows', '--server', server.url], { environment: { TZ: 'America/New_York' } });
    const { stdout } = await program.ended;
    const [header, line] = stdout.split('\n');
    expect(header).toMatch(/^TIME \(UTC\) +PROTO .* RECORD$/);
    expect(line).toMatch(/^09:15:19\.552 .* ActiveTimeout$/);
  });

  it('shows a table whose lines never wrap in a terminal', async () => {
    expect(await tableIn(80)).toEqual([
      'TIME (UTC)    PROTO   SOURCE                 DESTINATION             OCTETS',
      '09:15:19.552  TCP     [2001:db8::10]:60022   [2001:db8:7::7]:https  31.6 kB',
    ]);
    expect(await tableIn(50)).toEqual([
      'TIME (UTC)    SOURCE                 DESTINATION',
      '09:15:19.552  [2001:db8::10]:60022   [2001:db8:7:…',
    ]);
  });

  it('accepts filters in the words of the table', async () => {
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

  it('asks with a condition beside filters, as it is written', async () => {
    const where = 'namespace="a b" and not (port=53 or destinationZone="é")';
    const args = ['flows', '--server', server.url, '--proto', 'tcp', '--follow', '--where', where];
    const { stderr } = await weir(...args);
    expect(stderr).toBe('');
    const { parameters } = server.questions[0]!;
    expect(Object.fromEntries(parameters)).toEqual({ proto: 'tcp', where, last: '0', follow: 'true' });
  });

  it('refuses a condition with the column of its fault, and a second one', async () => {
    const fault = await weir('flows', '--server', server.url, '--where', 'proto=tcp and port=htp');
    expect(fault.code).toBe(2);
    expect(fault.stderr).toContain('column 20: expected port of either end');
    const twice = await weir('flows', '--where', 'port=1', '--where', 'port=2');
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain('expected it once; join conditions with "and"');
    expect(server.questions).toEqual([]);
  });

  it.each(['', '/', '/weir', '/weir/', '/weir/flows'])(
    'queries a server below a path: --server http://…%s',
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
  ])('refuses an invalid aggregator URL, and shows no password: %s', async (url) => {
    const { code, stderr } = await weir('flows', '--server', url);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--server: expected the URL')]);
    expect(stderr).not.toContain('hunter2');
  });

  it("shows a server's message on one line with escaped control characters", async () => {
    server.says(400, 'no\u001b[31m\nweir: all is well \u202e', {});
    const { code, stderr } = await weir('flows', '--server', server.url);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `weir: ${server.url} says 400: no\\u001b[31m\\u000aweir: all is well \\u202e (WEIR_SERVER_REFUSED)\n`,
    );
  });

  it("shows an aggregator's message without its JSON", async () => {
    server.says(503, '{"error":"64 clients are reading flows already"}\n', {});
    const { stderr } = await weir('flows', '--server', server.url);
    expect(stderr).toBe(
      `weir: ${server.url} says 503: 64 clients are reading flows already (WEIR_SERVER_REFUSED)\n`,
    );
  });

  it('reports a server that has no flows', async () => {
    server.says(200, '<html>\n', {});
    const { code, stderr } = await weir('flows', '--server', server.url);
    expect([code, stderr]).toEqual([
      1,
      `weir: ${server.url} gives no flows: expected JSON, found <html> (WEIR_SERVER_REFUSED)\n`,
    ]);
  });

  it('waits a limited time for a server that accepts the request without an answer', async () => {
    await using silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const asked = parseServerAddress(`http://127.0.0.1:${port}`);
    await expect(
      askAggregator(asked, { path: '/flows', token: undefined, answerMs: 100 }),
    ).rejects.toMatchObject({
      code: 'WEIR_SERVER_UNREACHABLE',
      message: `no answer from http://127.0.0.1:${port}: none within 0.1 s`,
      remedy: expect.stringMatching(/listens there and says nothing/),
    });
  });

  it.each([
    ['closes the connection', Buffer.of()],
    ['sends IPFIX', Buffer.of(0, 10, 0, 16)],
  ])('names the right address when the listener %s', async (_, octets) => {
    await using ipfix = createTcpServer((connection) =>
      connection
        .on('error', () => {})
        .resume()
        .end(octets),
    );
    await new Promise<void>((resolve) => ipfix.listen(0, '127.0.0.1', resolve));
    const { port } = ipfix.address() as AddressInfo;
    const asked = parseServerAddress(`http://127.0.0.1:${port}`);
    await expect(askAggregator(asked, { path: '/flows', token: undefined })).rejects.toMatchObject({
      code: 'WEIR_SERVER_UNREACHABLE',
      remedy: expect.stringMatching(/does not answer over HTTP\. Name the address of http\.listen/),
    });
  });

  it('queries a socket with the token in a file', async () => {
    using directory = new TemporaryDirectory();
    const token = 'c0ffee00c0ffee00c0ffee00';
    writeFileSync(directory.file('token'), `${token}\n`);
    const path = directory.file('http.sock');
    const asked: (string | undefined)[] = [];
    const onSocket = createServer(({ url, headers }, response) => {
      asked.push(url, headers.authorization);
      response.end(`${JSON.stringify(record)}\n`);
    });
    await new Promise<void>((resolve) => onSocket.listen(path, resolve));
    const environment = { WEIR_SERVER: `unix:${path}`, WEIR_TOKEN_FILE: directory.file('token') };
    const { stdout, stderr } = await startWeir(['flows', '-o', 'json', '--last', '1'], { environment }).ended;
    onSocket.close();
    expect([stdout, stderr]).toEqual([`${JSON.stringify(record)}\n`, '']);
    expect(asked).toEqual(['/flows?last=1', `Bearer ${token}`]);
  });
});
