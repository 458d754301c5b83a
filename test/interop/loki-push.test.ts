import { gunzipSync, gzipSync } from 'node:zlib';
import { compressSync, uncompressSync } from 'snappy';
import { expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { type FlowLogOptions, LineReader, type LoggedLine, ProcessLog } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { CapturedPushes, type ReadPush, type ReadStream } from '../support/captured-pushes.ts';
import { type FakeAnswer, FakeLoki, type FakePush } from '../support/fake-loki.ts';
import { fullRecord, fullRecords, hostileNames } from '../support/hostile-records.ts';
import { type PushedStream, PushReceiver } from '../support/push-receiver.ts';
import { requires } from '../support/requires.ts';
import { SinkUnderTest } from '../support/sink-under-test.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const encodings = ['protobuf', 'json'] as const;
type Encoding = (typeof encodings)[number];
type Pushed = Pick<FakePush, 'headers' | 'body'>;

/** Options for a layout in which a line contains its whole record. */
const everything = { omit: [] };

/** In the words of Loki, for the streams of a push. */
const noRoom = 'maximum active stream limit exceeded when trying to create stream {}';
const tooFarBehind = (lines: number) =>
  `ignored, reason: 'entry too far behind', total ignored: ${lines} out of ${lines} for stream: {}`;

/** The pushes received while these records were logged. */
async function taken(
  records: readonly FlowRecord[],
  options: Partial<FlowLogOptions>,
  answer: (push: FakePush) => FakeAnswer = () => ({ status: 204 }),
): Promise<FakePush[]> {
  await using loki = await new FakeLoki().start();
  const pushes: FakePush[] = [];
  loki.answer = (push) => {
    const given = answer(push);
    if (typeof given === 'object' && given.status === 204) pushes.push(push);
    return given;
  };
  await using sink = await SinkUnderTest.start({ url: loki.url, batchAgeMs: 20, ...options });
  await sink.sink.write(batchOf([...records]));
  await until('all lines', () => loki.stored.length === records.length);
  await sink.stop();
  expect(sink.account.sent, sink.statement).toBe(records.length);
  return pushes;
}

/** The content of pushes as read by Loki's own types, with their reasons to refuse some. */
async function readingOf(pushed: readonly Pushed[]): Promise<{ pushes: ReadPush[]; refusals: string[] }> {
  using directory = new TemporaryDirectory();
  const captured = new CapturedPushes(directory.file('pushes'));
  for (const { headers, body } of pushed) captured.keep(headers, body);
  const pushes: ReadPush[] = [];
  const refusals = await captured.read((push) => pushes.push(push));
  return { pushes, refusals };
}

/** The streams of pushes; none may be refused. */
async function streamsOf(pushed: readonly Pushed[]): Promise<ReadStream[]> {
  const { pushes, refusals } = await readingOf(pushed);
  expect(refusals).toEqual([]);
  expect(pushes).toHaveLength(pushed.length);
  return pushes.flatMap(({ streams }) => streams);
}

/** Entries of streams; none may have a name twice, including its stream's names. */
const linesOf = (streams: readonly ReadStream[]): LoggedLine[] =>
  streams.flatMap(({ labels, entries }) =>
    entries.map(({ timeNs, line, metadata }) => {
      const names = [...Object.keys(labels), ...metadata.map(([name]) => name)];
      expect(names).toEqual([...new Set(names)]);
      return { labels: { ...labels, ...Object.fromEntries(metadata) }, timeNs: BigInt(timeNs), line };
    }),
  );

/** @param records the latest first */
function expectRecords(streams: readonly ReadStream[], records: readonly FlowRecord[]): void {
  const lines = linesOf(streams).sort((one, other) => Number(other.timeNs - one.timeNs));
  expect(lines.map((line) => new LineReader(everything).read(line)!.record)).toEqual(records);
  expect(lines.map(({ timeNs }) => timeNs)).toEqual(records.map(endNs));
}

const endNs = ({ flowEndMilliseconds }: FlowRecord): bigint => BigInt(flowEndMilliseconds!) * 1_000_000n;

requires('loki-push')("Loki's own types read", () => {
  it.each(encodings)('every field of records with hostile names, by %s', async (encoding) => {
    const records = fullRecords();
    expectRecords(await streamsOf(await taken(records, { ...everything, encoding })), records);
  });

  it.each(encodings)('static labels with quotes, line ends and any character, by %s', async (encoding) => {
    const staticLabels = Object.fromEntries(hostileNames.map((text, number) => [`label_${number}`, text]));
    const [stream] = await streamsOf(await taken([fullRecord(0)], { encoding, staticLabels }));
    expect(stream!.labels).toMatchObject({ service_name: 'weir-flows', ...staticLabels });
  });

  it.each(encodings)('flows with one end time, a nanosecond apart and in order, by %s', async (encoding) => {
    const last = fullRecord(0);
    const records = [1, 2, 3].map((port) => ({ ...last, sourceTransportPort: port }));
    const lines = linesOf(await streamsOf(await taken(records, { encoding })));
    expect(lines.map(({ timeNs }) => timeNs - endNs(last))).toEqual([0n, 1n, 2n]);
    expect(lines.map(({ line }) => line.split(' ')[1])).toEqual(['1', '2', '3']);
  });

  it.each(encodings)('a question mark in a label for a name with invalid UTF-8, by %s', async (encoding) => {
    const record = { ...fullRecord(0), sourcePodNamespace: '\ufffd\ufffd' };
    const [stream] = await streamsOf(await taken([record], { encoding }));
    expect(stream!.labels.namespace).toBe('??');
  });

  it.each(encodings)('the halves of a push that was too large, by %s', async (encoding) => {
    const records = fullRecords();
    const pushes = await taken(records, { ...everything, encoding }, ({ lines }) => ({
      status: lines.length > 2 ? 413 : 204,
    }));
    expect(pushes.length).toBeGreaterThanOrEqual(records.length / 2);
    expectRecords(await streamsOf(pushes), records);
  });

  it.each(encodings)('late lines in separate streams, by %s', async (encoding) => {
    const records = fullRecords();
    const options = { ...everything, encoding, labels: ['flowType'] as const, replayApartMs: 0 };
    const isTooLate = ({ stream }: PushedStream) =>
      stream.flowType === 'IntraNode' && stream.replayed === 'true';
    const pushes = await taken(records, options, ({ lines, streams: [first] }) =>
      isTooLate(first!) ? { status: 400, body: tooFarBehind(lines.length) } : { status: 204 },
    );
    const streams = await streamsOf(pushes);
    expectRecords(streams, records);
    expect(Object.fromEntries(streams.map(({ labels }) => [labels.flowType, labels.replayed]))).toEqual({
      IntraNode: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:[03]0Z$/),
      InterNode: 'true',
      ToExternal: 'true',
    });
  });

  it.each(encodings)(
    'the stream with few labels, and the other labels as metadata, by %s',
    async (encoding) => {
      const records = fullRecords();
      const options = { ...everything, encoding, staticLabels: { site: 'the "first"' } };
      const pushes = await taken(records, options, ({ streams: [first] }) =>
        'verdict' in first!.stream ? { status: 429, body: noRoom } : { status: 204 },
      );
      const streams = await streamsOf(pushes);
      expectRecords(streams, records);
      const few = { service_name: 'weir-flows', site: 'the "first"' };
      expect(streams.map(({ labels }) => labels)).toEqual(streams.map(() => few));
    },
  );

  it("lines of a process's log", async () => {
    await using loki = await new PushReceiver().start();
    const log = new Log(systemClock, () => {});
    const processLog = new ProcessLog(
      { url: loki.url, serviceName: 'weir-agent', instance: 'node-1', labels: { cluster: hostileNames[1]! } },
      { clock: systemClock, ledger: new Ledger(), log },
    );
    await processLog.start();
    for (const name of hostileNames) log.warn('test', name, { name });
    await processLog.stop(60_000);
    const lines = linesOf(await streamsOf(loki.requests));
    const sent = loki.requests.flatMap(({ streams }) =>
      streams.flatMap(({ stream, values }) =>
        values.map(([timeNs, line]) => ({ labels: stream, timeNs: BigInt(timeNs), line })),
      ),
    );
    expect(lines).toEqual(sent);
    expect(lines.map(({ line }) => JSON.parse(line).name)).toEqual(hostileNames);
    expect(lines[0]!.labels).toEqual({ service_name: 'weir-agent', level: 'warn', cluster: hostileNames[1] });
  });
});

type Damage = readonly [what: string, damage: (body: Uint8Array) => Uint8Array, refusal: RegExp];

/** A protobuf push with a changed message, one latin1 character for each octet. */
const message = (change: (octets: string) => string) => (body: Uint8Array) =>
  compressSync(Buffer.from(change((uncompressSync(body) as Buffer).toString('latin1')), 'latin1'));

/** A JSON push with a changed text. */
const text = (pattern: RegExp, by: string) => (body: Uint8Array) =>
  gzipSync(gunzipSync(body).toString().replace(pattern, by));

const damages: Readonly<Record<Encoding, readonly Damage[]>> = {
  protobuf: [
    ['has lost its last octet', (body) => body.subarray(0, -1), /snappy: corrupt input/],
    ['is shorter than it says', (body) => Buffer.from(body).fill(0xff, 0, 1), /snappy: corrupt input/],
    ['is not compressed', (body) => uncompressSync(body) as Buffer, /snappy: corrupt input/],
    ['ends within a message', message((octets) => octets.slice(0, -1)), /unexpected EOF/],
    ['has a number for a stream', message((octets) => `\x08${octets.slice(1)}`), /wrong wireType/],
    [
      'has labels without an end',
      message((octets) => octets.replace('"}\x12', '" \x12')),
      /unexpected end of input/,
    ],
    ['has a label twice', message((octets) => octets.replace('twin=', 'site=')), /has site twice/],
    ['has a label of no name', message((octets) => octets.replace('twin=', '7win=')), /7win/],
    ['has a line of other octets', message((octets) => octets.replace(' TCP ', ' \xff\xfeP ')), /not UTF-8/],
  ],
  json: [
    ['has lost its last octet', (body) => body.subarray(0, -1), /unexpected EOF/],
    [
      'has another checksum',
      (body) => Buffer.from(body).fill(0, body.length - 8, body.length - 4),
      /gzip: invalid checksum/,
    ],
    ['goes on after its end', text(/$/, '{}'), /goes on after its end/],
    ['has a time that is a number', text(/"(\d{19})"/, '$1'), /is no string/],
    ['has a time with a fraction', text(/"(\d{10})(\d{9})"/, '"$1.$2"'), /invalid syntax/],
    ['has a label that is a number', text(/"twin":"two"/, '"twin":2'), /cannot unmarshal number/],
    ['has a part that is not known', text(/"values"/, '"value"'), /unknown field "value"/],
    ['has a label of other octets', text(/"twin":"two"/, '"twin":"\ufffd"'), /UTF-8 rune/],
  ],
};

for (const encoding of encodings) {
  requires('loki-push')(`Loki's own types refuse a push by ${encoding} that`, () => {
    it.each(damages[encoding])('%s, and read the next', async (_, damage, refusal) => {
      const [push] = await taken([fullRecord(0)], { encoding, staticLabels: { site: 'one', twin: 'two' } });
      const { headers, body } = push!;
      const { pushes, refusals } = await readingOf([{ headers, body: damage(body) }, push!]);
      expect(refusals).toEqual([expect.stringMatching(refusal)]);
      expect(pushes).toHaveLength(1);
    });
  });
}
