import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type LogServer, logServers } from '../../../src/logs/log-server.ts';
import type { LineBatch } from '../../../src/logs/push/line-batch.ts';
import type { PushAnswer } from '../../../src/logs/push/push-answer.ts';
import { PushDelivery } from '../../../src/logs/push/push-delivery.ts';
import { RecentLines } from '../../../src/logs/push/recent-lines.ts';
import { Ledger, Log } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { lineBatch, linesOf } from '../../support/line-batches.ts';
import { until } from '../../support/until.ts';

const NOW = Date.UTC(2026, 0, 31, 10);
const stored: PushAnswer = { status: 204, body: '', retryAfter: undefined };
const refused = (status: number, body = '', retryAfter?: string): PushAnswer => ({
  status,
  body,
  retryAfter,
});
const away: PushAnswer = { error: 'connect ECONNREFUSED', reason: 'unreachable', isUnsent: true };
const late = (lines: number, of: number) =>
  refused(
    400,
    `entry with timestamp T ignored, reason: 'entry too far behind, entry timestamp is: T, oldest acceptable timestamp is: T',\nuser 'fake', total ignored: ${lines} out of ${of} for stream: {}`,
  );
const full = refused(
  429,
  "maximum active stream limit exceeded when trying to create stream {}, user: 'fake'",
);

/** A delivery whose pushes a test answers, under a clock that the test moves. */
class Scene {
  readonly clock = new FakeClock(NOW);
  readonly ledger = new Ledger();
  readonly said: string[] = [];
  /** Selectors and lines of each push. */
  readonly pushes: { at: number; selectors: string[]; lines: string[] }[] = [];
  readonly delivery: PushDelivery;
  readonly abort = new AbortController();
  answer: (batch: LineBatch) => PushAnswer = () => stored;

  constructor(server: LogServer = logServers.loki) {
    const account = this.ledger.open('loki', 'lines', () => this.delivery.lines);
    this.delivery = new PushDelivery('loki', {
      clock: this.clock,
      account,
      log: new Log(this.clock, (line) => this.said.push(line)),
      staticLabels: new Set(['app']),
      lastingLabels: new Set(['verdict']),
      replayApartMs: 1_800_000,
      acknowledged: new RecentLines(),
      client: {
        server,
        push: async (batch) => {
          const selectors = batch.parts.map(({ selector }) => selector);
          this.pushes.push({ at: this.clock.now() - NOW, selectors, lines: linesOf(batch) });
          return this.answer(batch);
        },
      },
    });
  }

  get account() {
    return this.ledger.accounts[0]!;
  }

  /** Hands over lines as the outbox does, and lets as much time pass as they need. */
  async deliver(lines: Record<string, string[]>, sinceMs = NOW, timeMs = sinceMs): Promise<string[]> {
    const batch = lineBatch(lines, sinceMs, timeMs);
    this.account.received += batch.count;
    let isDone = false;
    const delivered = this.delivery.deliver(batch, this.abort.signal).then(() => {
      isDone = true;
    });
    for (let steps = 0; !isDone && steps < 20_000; steps++) {
      await turn();
      expect(this.account.difference).toBe(0);
      this.clock.advance(100);
    }
    await delivered;
    return this.delivery.takeLeft().flatMap(linesOf);
  }

  get outcome() {
    const { sent, dropped, events } = this.account;
    expect(this.ledger.isClosed).toBe(true);
    return { sent, dropped: Object.fromEntries(dropped), events: Object.fromEntries(events) };
  }

  get texts(): string[][] {
    return this.pushes.map(({ lines }) => lines);
  }
}

/** Answers of the pushes that come, one after the other, and then `stored`. */
const inTurn =
  (...answers: PushAnswer[]) =>
  () =>
    answers.shift() ?? stored;

describe('a delivery', () => {
  it('pushes streams alone until Loki has stored a line of each, then together', async () => {
    const scene = new Scene();
    await scene.deliver({ 'app=a': ['1'], 'app=b': ['2'] });
    await scene.deliver({ 'app=a': ['3'], 'app=b': ['4'], 'app=c': ['5'] });
    await scene.deliver({ 'app=a': ['6'], 'app=c': ['7'] });
    expect(scene.texts).toEqual([['2'], ['1'], ['3', '4'], ['5'], ['6', '7']]);
    expect(scene.outcome).toMatchObject({ sent: 7, dropped: {} });
  });

  it('waits longer after each failure, with jitter, up to half a minute, and less after success', async () => {
    const scene = new Scene();
    scene.answer = inTurn(...Array.from({ length: 9 }, () => away), stored, away, stored);
    await scene.deliver({ 'app=a': ['1'] });
    await scene.deliver({ 'app=a': ['2'] });
    const waits = scene.pushes.map(({ at }, index) => at - (scene.pushes[index - 1]?.at ?? 0));
    const nominal = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000];
    for (const [index, most] of nominal.entries()) {
      expect(waits[index + 1]).toBeGreaterThanOrEqual(most / 2);
      expect(waits[index + 1]).toBeLessThanOrEqual(most + 100);
    }
    expect(waits[11]).toBeLessThanOrEqual(600);
    expect(scene.outcome).toMatchObject({ sent: 2, events: { 'put off: unreachable': 10 } });
  });

  it.each([
    ['40', 40_000],
    ['Sat, 31 Jan 2026 10:01:00 GMT', 60_000],
    ['99999999999', 600_000],
  ])('waits for the time in Retry-After, %s, up to a bound', async (retryAfter, waitMs) => {
    const scene = new Scene();
    scene.answer = inTurn(refused(503, '', retryAfter));
    await scene.deliver({ 'app=a': ['1'] });
    expect(scene.pushes[1]!.at).toBeGreaterThanOrEqual(waitMs);
    expect(scene.pushes[1]!.at).toBeLessThanOrEqual(waitMs + 200);
    expect(scene.outcome).toMatchObject({ sent: 1, events: { 'put off: 503': 1 } });
  });

  it('reports whether it waits, and returns the rest when aborted', async () => {
    const scene = new Scene();
    await scene.deliver({ 'app=a': ['0'], 'app=b': ['0'] });
    scene.answer = () => away;
    const batch = lineBatch({ 'app=a': ['1', '2'], 'app=b': ['3'] }, NOW);
    scene.account.received += 3;
    const delivered = scene.delivery.deliver(batch, scene.abort.signal);
    await until('a wait', () => scene.delivery.isWaiting);
    expect(scene.delivery.lines).toBe(3);
    scene.abort.abort();
    await delivered;
    expect(scene.delivery.isWaiting).toBe(false);
    expect(scene.delivery.takeLeft().flatMap(linesOf)).toEqual(['1', '2', '3']);
    expect(scene.delivery.lines).toBe(0);
  });

  it('halves a push that is too large, the first lines first, and drops a single line', async () => {
    const scene = new Scene();
    scene.answer = (batch) => (linesOf(batch).includes('long') ? refused(413) : stored);
    await scene.deliver({ 'app=a': ['1', '2', '3', 'long', '5', '6'] });
    expect(scene.texts.filter((lines) => !lines.includes('long'))).toEqual([
      ['1', '2', '3'],
      ['5', '6'],
    ]);
    expect(scene.outcome).toMatchObject({ sent: 5, dropped: { request_too_large: 1 } });
  });

  it('halves a push repeatedly that exceeds the rate or gets no answer in time', async () => {
    const scene = new Scene();
    const isTooMuch = (batch: LineBatch) => batch.count > 2;
    scene.answer = (batch) =>
      isTooMuch(batch) ? refused(429, 'ingestion rate limit exceeded for user fake') : stored;
    await scene.deliver({ 'app=a': ['1', '2', '3', '4', '5'] });
    expect(scene.texts.filter(({ length }) => length <= 2).flat()).toEqual(['1', '2', '3', '4', '5']);
    scene.answer = (batch) => (isTooMuch(batch) ? { error: 'aborted', reason: 'timeout' as const } : stored);
    await scene.deliver({ 'app=a': ['6', '7', '8'] });
    expect(scene.outcome).toMatchObject({ sent: 8, dropped: {} });
  });

  it('counts refused lines by Loki’s reasons, and the others as sent', async () => {
    const scene = new Scene();
    const long = "max entry size '256' bytes exceeded for stream";
    const old = "entry for stream '{}' has timestamp too old: T";
    scene.answer = inTurn(refused(400, `2 errors like: ${long}; 1 errors like: ${old}`), refused(400, long));
    await scene.deliver({ 'app=a': ['1', '2', '3', '4', '5'] });
    await scene.deliver({ 'app=a': ['6'] });
    expect(scene.outcome).toMatchObject({
      sent: 2,
      dropped: { line_too_long: 3, greater_than_max_sample_age: 1 },
    });
  });

  it('drops a request refused as a whole, and counts no line twice', async () => {
    const scene = new Scene();
    scene.answer = inTurn(
      refused(400, 'snappy: corrupt input'),
      refused(400, "9 errors like: max entry size '256' bytes exceeded"),
      refused(260, "ingestion blocked for user 'fake' until 'T' with status code '260'"),
    );
    for (const line of ['1', '2', '3']) await scene.deliver({ 'app=a': [line] });
    expect(scene.outcome).toMatchObject({
      sent: 0,
      dropped: { bad_request: 1, line_too_long: 1, blocked_ingestion: 1 },
    });
  });

  it('finds the stream that causes the refusal of a whole push', async () => {
    const scene = new Scene();
    await scene.deliver({ 'app=a': ['0'], 'app=b': ['0'], 'app=c': ['0'] });
    const isBad = (batch: LineBatch) => linesOf(batch).includes('bad');
    scene.answer = (batch) => (isBad(batch) ? refused(400, 'snappy: corrupt input') : stored);
    await scene.deliver({ 'app=a': ['1'], 'app=b': ['bad', '2'], 'app=c': ['3'] });
    expect(scene.outcome).toMatchObject({ sent: 5, dropped: { bad_request: 2 } });
  });

  it('pushes stream by stream to find the refused lines of several', async () => {
    const scene = new Scene();
    await scene.deliver({ 'app=a': ['0'], 'app=b': ['0'] });
    scene.answer = inTurn(
      refused(400, "user 'fake', total ignored: 1 out of 2 for stream: {}"),
      stored,
      refused(400, 'entry out of order, total ignored: 1 out of 2 for stream: {}'),
    );
    await scene.deliver({ 'app=a': ['1', '2'], 'app=b': ['3', '4'] });
    expect(scene.texts.slice(2)).toEqual([
      ['1', '2', '3', '4'],
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(scene.outcome).toMatchObject({ sent: 5, dropped: { out_of_order: 1 } });
  });

  it('counts lines that a distributor refused before an ingester ignored others', async () => {
    const scene = new Scene();
    scene.answer = inTurn(refused(400, 'entry out of order, total ignored: 1 out of 3 for stream: {}'));
    await scene.deliver({ 'app=a': ['1', '2', '3', '4', '5'] });
    expect(scene.outcome).toMatchObject({ sent: 2, dropped: { out_of_order: 1, refused: 2 } });
  });

  it('finds lines that are too far behind, and pushes them to a separate stream', async () => {
    const scene = new Scene();
    const isApart = (batch: LineBatch) => batch.parts[0]!.selector.includes('replayed="true"');
    const isLate = (line: string) => line < '4';
    scene.answer = (batch) => {
      const lates = linesOf(batch).filter(isLate).length;
      return isApart(batch) || lates === 0 ? stored : late(lates, batch.count);
    };
    await scene.deliver({ 'app=a': ['1', '2', '3', '4', '5', '6', '7'] });
    const apart = scene.pushes.filter(({ selectors }) => selectors[0] === '{app="a", replayed="true"}');
    expect(apart.flatMap(({ lines }) => lines)).toEqual(['1', '2', '3']);
    expect(scene.outcome).toMatchObject({ sent: 7, dropped: {} });
  });

  it('drops lines that are too far behind even there', async () => {
    const scene = new Scene();
    scene.answer = (batch) => late(batch.count, batch.count);
    await scene.deliver({ 'app=a': ['1', '2'] });
    expect(scene.pushes.map(({ selectors }) => selectors)).toEqual([
      ['{app="a"}'],
      ['{app="a", replayed="true"}'],
      ['{app="a", replayed="2026-01-31T10:00Z"}'],
    ]);
    expect(scene.outcome).toMatchObject({ sent: 0, dropped: { too_far_behind: 2 } });
  });

  it('pushes lines older than half an hour separately, each stream alone', async () => {
    const scene = new Scene();
    await scene.deliver({ 'app=a': ['0'], 'app=b': ['0'] });
    await scene.deliver({ 'app=a': ['1'], 'app=b': ['2'] }, NOW - 1_800_001);
    await scene.deliver({ 'app=a': ['3'], 'app=b': ['4'] }, NOW - 1_790_000);
    expect(scene.pushes.slice(2).map(({ selectors }) => selectors)).toEqual([
      ['{app="b", replayed="true"}'],
      ['{app="a", replayed="true"}'],
      ['{app="a"}', '{app="b"}'],
    ]);
  });

  it('moves lines of a refused stream to the stream with few labels', async () => {
    const scene = new Scene();
    const isNew = (batch: LineBatch) => batch.parts[0]!.selector.includes('namespace="new"');
    scene.answer = (batch) => (isNew(batch) ? full : stored);
    await scene.deliver({ 'app=a,namespace=new': ['1', '2'], 'app=a,namespace=old': ['3'] });
    await scene.deliver({ 'app=a,namespace=new': ['4'], 'app=a,namespace=old': ['5'] });
    expect(
      scene.pushes.filter(({ selectors }) => selectors.includes('{app="a", namespace="new"}')),
    ).toHaveLength(1);
    expect(
      scene.pushes.flatMap(({ selectors, lines }) => (selectors[0] === '{app="a"}' ? lines : [])),
    ).toEqual(expect.arrayContaining(['1', '2', '4']));
    scene.answer = (batch) =>
      batch.parts[0]!.selector.includes('namespace')
        ? refused(400, "stream '{}' has label value too long: 'v'")
        : stored;
    await scene.deliver({ 'app=a,namespace=other': ['6'] });
    expect(scene.outcome).toMatchObject({ sent: 6, dropped: {} });
    scene.clock.advance(300_000);
    scene.answer = () => stored;
    await scene.deliver({ 'app=a,namespace=new': ['7'] });
    expect(scene.pushes.at(-1)!.selectors).toEqual(['{app="a", namespace="new"}']);
  });

  it('keeps the verdict of lines as a label while Loki has room for it', async () => {
    const scene = new Scene();
    scene.answer = (batch) => (batch.parts[0]!.selector.includes('namespace') ? full : stored);
    await scene.deliver({ 'app=a,namespace=new,verdict=Drop': ['1'] });
    expect(scene.pushes.at(-1)!.selectors).toEqual(['{app="a", verdict="Drop"}']);
    scene.answer = (batch) => (/namespace|verdict/.test(batch.parts[0]!.selector) ? full : stored);
    await scene.deliver({ 'app=a,namespace=new,verdict=Drop': ['2'] });
    await scene.deliver({ 'app=a,namespace=new,verdict=Drop': ['3'] });
    expect(scene.pushes.slice(-2).map(({ selectors }) => selectors)).toEqual([['{app="a"}'], ['{app="a"}']]);
    expect(scene.outcome).toMatchObject({ sent: 3, dropped: {} });
  });

  it('drops the lines if that stream has no room either', async () => {
    const scene = new Scene();
    scene.answer = () => full;
    await scene.deliver({ 'app=a,namespace=new': ['1', '2'] });
    expect(scene.outcome).toMatchObject({ sent: 0, dropped: { stream_limit: 2 } });
  });

  it('ends when Loki has no room and the stream is far ahead', async () => {
    const scene = new Scene();
    scene.answer = (batch) =>
      batch.parts[0]!.selector === '{app="a"}' ? late(batch.count, batch.count) : full;
    await scene.deliver({ 'app=a,namespace=new': ['1', '2'] });
    await scene.deliver({ 'app=a,namespace=new': ['3'] }, NOW - 3_600_000);
    expect(scene.pushes.map(({ selectors }) => selectors[0])).toEqual([
      '{app="a", namespace="new"}',
      '{app="a"}',
      '{app="a", replayed="true"}',
      '{app="a", namespace="new", replayed="true"}',
      '{app="a", replayed="true"}',
    ]);
    expect(scene.outcome).toMatchObject({ sent: 0, dropped: { stream_limit: 3 } });
  });

  it('pushes a stream alone for some minutes after it exceeded its rate', async () => {
    const scene = new Scene();
    await scene.deliver({ 'app=a': ['0'], 'app=b': ['0'] });
    scene.answer = inTurn(
      refused(
        429,
        "reason: 'Per stream rate limit exceeded (limit: 3MB/sec)', total ignored: 1 out of 1 for stream: {}",
      ),
      stored,
      refused(
        429,
        "reason: 'Per stream rate limit exceeded (limit: 3MB/sec)', total ignored: 1 out of 1 for stream: {}",
      ),
    );
    await scene.deliver({ 'app=a': ['1'], 'app=b': ['2'] });
    await scene.deliver({ 'app=a': ['3'], 'app=b': ['4'] });
    expect(scene.texts.slice(2)).toEqual([['1', '2'], ['1'], ['2'], ['2'], ['3'], ['4']]);
    expect(scene.outcome).toMatchObject({ sent: 6, dropped: {} });
  });

  it('pushes each stream alone again after Loki was away', async () => {
    const scene = new Scene();
    await scene.deliver({ 'app=a': ['0'], 'app=b': ['0'] });
    scene.answer = inTurn(away);
    await scene.deliver({ 'app=a': ['1'], 'app=b': ['2'] });
    expect(scene.texts.slice(2)).toEqual([['1', '2'], ['2'], ['1']]);
  });
});

describe('a delivery to VictoriaLogs', () => {
  const at = (timeMs: number): PushAnswer => ({ ...stored, date: new Date(timeMs).toUTCString() });
  const day = 86_400_000;

  it('pushes streams together from the start, and late lines to their own streams', async () => {
    const scene = new Scene(logServers.victoriaLogs);
    await scene.deliver({ 'app=a': ['1'], 'app=b': ['2'] }, NOW - 3 * 3_600_000);
    expect(scene.pushes).toMatchObject([{ selectors: ['{app="a"}', '{app="b"}'], lines: ['1', '2'] }]);
    expect(scene.outcome).toEqual({ sent: 2, dropped: {}, events: {} });
  });

  it('drops and counts lines beyond the retention or too far ahead, which the server would drop silently', async () => {
    const scene = new Scene(logServers.victoriaLogs);
    await scene.deliver({ 'app=a': ['old'] }, NOW - 8 * day);
    await scene.deliver({ 'app=a': ['kept'] }, NOW - 6 * day);
    await scene.deliver({ 'app=a': ['ahead', 'too'] }, NOW + 3 * day);
    expect(scene.texts).toEqual([['kept']]);
    expect(scene.outcome).toEqual({
      sent: 1,
      dropped: { too_small_timestamp: 1, too_big_timestamp: 2 },
      events: {},
    });
    expect(scene.said.join()).toMatch(/dropped 1 lines that the server would not keep/);
  });

  it("counts by the server's clock the lines that it dropped but reported as stored", async () => {
    const scene = new Scene(logServers.victoriaLogs);
    scene.answer = () => at(scene.clock.now() - 4 * day);
    await scene.deliver({ 'app=a': ['1', '2'] });
    scene.answer = () => at(scene.clock.now() + 9 * day);
    await scene.deliver({ 'app=a': ['3'] }, scene.clock.now());
    scene.answer = () => at(scene.clock.now());
    await scene.deliver({ 'app=a': ['4'] }, scene.clock.now());
    expect(scene.texts).toEqual([['1', '2'], ['3'], ['4']]);
    const dropped = { too_big_timestamp: 2, too_small_timestamp: 1 };
    expect(scene.outcome).toEqual({ sent: 1, dropped, events: {} });
  });

  it('notes lines that may be stored twice, but no unsent ones', async () => {
    const scene = new Scene(logServers.victoriaLogs);
    scene.answer = inTurn(away, { error: 'socket hang up', reason: 'unreachable' }, refused(503));
    await scene.deliver({ 'app=a': ['1', '2'] });
    expect(scene.outcome).toMatchObject({ sent: 2, events: { 'pushed again, perhaps stored twice': 2 } });
  });

  it.each([
    ['a gateway says so', refused(502)],
    ['it is silent', { error: 'aborted', reason: 'timeout' } satisfies PushAnswer],
  ])('notes the lines that a crash may have lost even if %s', async (_, answer) => {
    const scene = new Scene(logServers.victoriaLogs);
    await scene.deliver({ 'app=a': ['1', '2'] });
    scene.answer = inTurn(answer);
    await scene.deliver({ 'app=a': ['3'] });
    const lost = 'stored shortly before the server went away, perhaps lost';
    expect(scene.outcome).toMatchObject({ sent: 3, events: { [lost]: 2 } });
  });

  it('reports that clocks differ, and ignores an invalid date', async () => {
    const scene = new Scene(logServers.victoriaLogs);
    scene.answer = inTurn({ ...stored, date: '5' }, { ...stored, date: 'banana' });
    await scene.deliver({ 'app=a': ['1'] });
    await scene.deliver({ 'app=a': ['2'] }, scene.clock.now());
    expect(scene.outcome).toEqual({ sent: 2, dropped: {}, events: {} });
    expect(scene.said).toEqual([]);
    scene.answer = () => at(scene.clock.now() - 3_600_000);
    await scene.deliver({ 'app=a': ['3'] }, scene.clock.now());
    expect(scene.said.join()).toContain('the clock of the server is 60 minutes behind this one');
  });

  it('notes the lines of the seconds before the server went away as possibly lost', async () => {
    const scene = new Scene(logServers.victoriaLogs);
    await scene.deliver({ 'app=a': ['long', 'ago'] });
    scene.clock.advance(60_000);
    await scene.deliver({ 'app=a': ['1', '2', '3'] });
    scene.clock.advance(2_000);
    await scene.deliver({ 'app=a': ['4'] });
    scene.answer = inTurn(away, away);
    await scene.deliver({ 'app=a': ['5'] });
    const lost = 'stored shortly before the server went away, perhaps lost';
    expect(scene.outcome).toMatchObject({ sent: 7, events: { [lost]: 4 } });
  });
});
