import { chmodSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueryAnswer } from '../../src/query/contract/index.ts';
import { AssistantSession, type ToolSaid } from '../support/assistant-session.ts';
import { keepEvents } from '../support/event-place.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { madeEvent } from '../support/made-event.ts';
import { run } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { keepShop, SHOP_MS, secondHourMs, shopEndMs } from '../support/told-flows.ts';
import { weirCommand } from './weir.ts';

const timeOf = (ms: number) => new Date(ms).toISOString();
const bothHours = { from: timeOf(SHOP_MS), to: timeOf(shopEndMs) };
const secondHour = { from: timeOf(secondHourMs), to: timeOf(shopEndMs) };
const cart = 'sourceWorkload=shop/cart or destinationWorkload=shop/cart';

const rollOutTime = timeOf(secondHourMs - 60_000);
const events = [
  madeEvent({ time: rollOutTime, kind: 'rollout', reason: 'RolloutStarted', objectName: 'cart', facts: {} }),
  madeEvent({ time: timeOf(secondHourMs + 60_000) }),
  madeEvent({
    time: timeOf(secondHourMs),
    kind: 'process',
    names: {},
    reason: 'Stopped',
    objectName: 'weir up',
  }),
  madeEvent({
    time: timeOf(shopEndMs - 1),
    kind: 'process',
    names: {},
    reason: 'Started',
    objectName: 'weir up',
  }),
];

interface Known {
  readonly question: string;
  readonly tool: string;
  readonly given: Record<string, unknown>;
  readonly rows: readonly object[];
  /** Of the answer beside its rows. */
  readonly more?: object;
}

const known: readonly Known[] = [
  {
    question: 'how much is known of the two hours?',
    tool: 'coverage',
    given: bothHours,
    rows: [],
    more: {
      totals: { records: 43, flows: 43 },
      units: { records: 'records', flows: 'flows' },
      coverage: {
        coveredFrom: timeOf(SHOP_MS + 60_000),
        gaps: [{ from: timeOf(SHOP_MS), to: timeOf(SHOP_MS + 60_000), why: 'before the history' }],
        unreadableRecords: 0,
      },
    },
  },
  {
    question: 'which namespaces open connections?',
    tool: 'names',
    given: { of: 'sourceNamespace', ...bothHours },
    rows: [
      { name: 'shop', records: 35 },
      { name: 'bank', records: 8 },
    ],
    more: { truncated: false, existingRows: 2 },
  },
  {
    question: 'what is the exact name of the cart?',
    tool: 'names',
    given: { of: 'sourceWorkload', containing: 'CART', ...bothHours },
    rows: [{ name: 'shop/cart', records: 15 }],
  },
  {
    question: 'with whom does the bank speak?',
    tool: 'names',
    given: { of: 'destinationWorkload', where: 'sourceNamespace=bank', ...secondHour },
    rows: [
      { name: 'shop/db', records: 4 },
      { name: 'bank/ledger', records: 2 },
    ],
  },
  {
    question: 'who sends most?',
    tool: 'top',
    given: { by: ['sourceWorkload'], ...bothHours },
    rows: [
      { sourceWorkload: 'shop/web', octets: 40_000 },
      { sourceWorkload: 'shop/cart', octets: 5_300 },
      { sourceWorkload: 'bank/teller', octets: 2_840 },
    ],
    more: { totals: { octets: 48_140 }, truncated: false },
  },
  {
    question: 'who receives most, and how much do all others receive?',
    tool: 'top',
    given: { by: ['destinationWorkload'], limit: 1, ...bothHours },
    rows: [{ destinationWorkload: 'shop/cart', octets: 40_000 }],
    more: { rest: { octets: 8_140 }, truncated: true, existingRows: 5 },
  },
  {
    question: 'how many connections were there, and how many were denied?',
    tool: 'top',
    given: { measures: ['flows', 'deniedFlows'], ...bothHours },
    rows: [{ flows: 43, deniedFlows: 4 }],
  },
  {
    question: 'which ports have most connections?',
    tool: 'top',
    given: { by: ['destinationPort'], measures: ['flows', 'octets'], ...bothHours },
    rows: [
      { destinationPort: '8080', flows: 24, octets: 42_600 },
      { destinationPort: '5432', flows: 14, octets: 2_240 },
      { destinationPort: '6379', flows: 3, octets: 1_500 },
      { destinationPort: '25', flows: 2, octets: 1_800 },
    ],
  },
  {
    question: 'how much did each namespace send, and how much an hour earlier?',
    tool: 'top',
    given: { by: ['sourceNamespace'], compare: 'previous', ...secondHour },
    rows: [
      { sourceNamespace: 'shop', octets: 32_800, previous: { octets: 12_500 } },
      { sourceNamespace: 'bank', octets: 1_440, previous: { octets: 1_400 } },
    ],
    more: { previousTotals: { octets: 13_900 } },
  },
  {
    question: 'how many packets does TCP have?',
    tool: 'top',
    given: { by: ['protocol'], measures: ['packets', 'sentPackets'], ...bothHours },
    rows: [{ protocol: 'TCP', packets: 86, sentPackets: 43 }],
  },
  {
    question: 'what changed for the cart since 13:00?',
    tool: 'changes',
    given: { where: cart, ...secondHour },
    rows: [
      change('shop/web', 'shop/cart', 'grew', 30_000, 10_000),
      change('shop/cart', 'infra/mail', 'new', 1_800, 0),
      change('shop/cart', 'shop/cache', 'ended', 0, 1_500),
    ],
    more: { unchangedGroups: 1, truncated: false },
  },
  {
    question: 'which namespace opens more or fewer connections?',
    tool: 'changes',
    given: { by: ['sourceNamespace'], measure: 'flows', ...secondHour },
    rows: [
      { sourceNamespace: 'bank', change: 'grew', now: 6, before: 2, difference: 4 },
      { sourceNamespace: 'shop', change: 'shrank', now: 17, before: 18, difference: -1 },
    ],
  },
  {
    question: 'does anybody still use the cache?',
    tool: 'changes',
    given: { where: 'destinationWorkload=shop/cache', ...secondHour },
    rows: [change('shop/cart', 'shop/cache', 'ended', 0, 1_500)],
  },
  {
    question: 'which ports carry more than an hour ago?',
    tool: 'changes',
    given: { by: ['destinationPort'], compare: '1h', limit: 3, ...secondHour },
    rows: [
      { destinationPort: '8080', change: 'grew', now: 31_200, before: 11_400, difference: 19_800 },
      { destinationPort: '25', change: 'new', now: 1_800, before: 0, difference: 1_800 },
      { destinationPort: '6379', change: 'ended', now: 0, before: 1_500, difference: -1_500 },
    ],
    more: { truncated: true, existingRows: 4 },
  },
  {
    question: 'how much was it hour by hour?',
    tool: 'series',
    given: { step: '1h', ...bothHours },
    rows: [
      {
        octets: 48_140,
        least: 13_900,
        greatest: 34_240,
        average: 24_070,
        last: 34_240,
        buckets: [13_900, 34_240],
      },
    ],
    more: { firstBucket: timeOf(SHOP_MS), bucketSeconds: 3_600 },
  },
  {
    question: 'how did the biggest namespace develop, and all others?',
    tool: 'series',
    given: { by: ['sourceNamespace'], step: '30m', limit: 1, ...bothHours },
    rows: [{ sourceNamespace: 'shop', octets: 45_300, buckets: [12_500, 0, 32_800, 0] }],
    more: { rest: { octets: 2_840, buckets: [1_400, 0, 1_440, 0] } },
  },
  {
    question: 'which policies allow or deny?',
    tool: 'policy',
    given: bothHours,
    rows: [
      { verdict: null, ingressPolicy: null, egressPolicy: null, flows: 29, deniedFlows: 0, octets: 45_900 },
      { verdict: 'Allow', ingressPolicy: 'shop/only-cart', egressPolicy: null, flows: 10, octets: 2_000 },
      {
        verdict: 'Drop',
        ingressPolicy: 'shop/only-cart',
        egressPolicy: null,
        flows: 4,
        deniedFlows: 4,
        octets: 240,
      },
    ],
  },
  {
    question: 'whom did a policy deny, and which rule?',
    tool: 'policy',
    given: { denied: true, per: 'ingressRule', where: 'sourceWorkload=bank/teller', ...bothHours },
    rows: [
      { verdict: 'Drop', ingressPolicy: 'shop/only-cart', ingressRule: 'default', flows: 4, deniedFlows: 4 },
    ],
  },
  {
    question: 'who was denied?',
    tool: 'policy',
    given: { denied: true, per: 'sourceWorkload', ...bothHours },
    rows: [{ verdict: 'Drop', sourceWorkload: 'bank/teller', flows: 4 }],
  },
  {
    question: 'what happened to the cart before it carried more?',
    tool: 'events',
    given: { search: 'CART', ...bothHours },
    rows: [
      { reason: 'OOMKilled', names: { sourcePodNamespace: 'shop' }, facts: { exitCode: 137 } },
      { reason: 'RolloutStarted', kind: 'rollout', objectName: 'cart' },
    ],
    more: { truncated: false, existingRows: 2, coverage: { keptSince: rollOutTime, damagedLines: 0 } },
  },
  {
    question: 'did Weir itself run all the time?',
    tool: 'events',
    given: { kinds: ['process', 'agent', 'loss'], limit: 1, ...bothHours },
    rows: [{ kind: 'process', reason: 'Started' }],
    more: { truncated: true },
  },
  {
    question: 'which connections went to the mail?',
    tool: 'flows',
    given: { since: bothHours.from, where: 'destinationWorkload=infra/mail' },
    rows: [1, 2].map(() => ({ sourcePodName: 'cart-0', destinationPodName: 'mail-0', octetTotalCount: 900 })),
    more: { truncated: false, coverage: { reachesBackTo: timeOf(SHOP_MS + 60_000) } },
  },
  {
    question: 'what are all fields of the newest denied connection?',
    tool: 'flows',
    given: { where: 'verdict=Drop', limit: 1, fields: 'all' },
    rows: [{ ingressNetworkPolicyRuleName: 'default', sourceWorkloadName: 'teller', packetDeltaCount: 1 }],
    more: { truncated: true },
  },
];

function change(
  sourceWorkload: string,
  destinationWorkload: string,
  how: string,
  now: number,
  before: number,
) {
  return { sourceWorkload, destinationWorkload, change: how, now, before, difference: now - before };
}

describe('an assistant that asks a history of two hours', () => {
  const place = new HistoryPlace();
  const commands = new TemporaryDirectory();
  let session: AssistantSession;

  beforeAll(async () => {
    await keepShop(place);
    await keepEvents(place.directory, events);
    const quoted = weirCommand().map((word) => `'${word}'`);
    writeFileSync(commands.file('weir'), `#!/bin/sh\nexec ${quoted.join(' ')} "$@"\n`);
    chmodSync(commands.file('weir'), 0o755);
    session = await AssistantSession.start('--from', 'history', '--directory', place.directory);
  });

  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    expect(session.stderr).toBe('');
    place[Symbol.dispose]();
    commands[Symbol.dispose]();
  });

  /** What the command of an answer prints, as a user pastes it into a shell. */
  const printedBy = (command: string) =>
    run(['sh', '-c', command], { environment: { PATH: `${commands.path}:${process.env.PATH}` } });

  it.each(known)('learns by $tool: $question', async ({ tool, given, rows, more = {} }) => {
    const said = await session.ask(tool, given);
    expect(said.isError, said.text).toBe(false);
    expect(said.answer.rows).toMatchObject(rows);
    expect(said.answer.rows).toHaveLength(rows.length);
    expect(said.answer).toMatchObject(more);
    expect(said.answer.coverage).toBeDefined();
    const printed = await printedBy(said.answer.command);
    if (tool === 'flows' || tool === 'events') expectSameRecords(said, printed);
    else expectSameNumbers(said, JSON.parse(printed));
  });
});

/** The records that `weir flows` prints, or the events of `weir events`, the newest first. */
function expectSameRecords({ answer }: ToolSaid, printed: string): void {
  const lines = printed.trimEnd().split('\n').reverse();
  expect(lines).toHaveLength(answer.rows.length);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(answer.rows);
}

/** Every count of the rows stands in what `weir query` prints, and the totals are the same. */
function expectSameNumbers({ answer }: ToolSaid, printed: QueryAnswer): void {
  const { by, measures, groups, totals } = printed;
  expect(Object.values(answer.totals as object)).toEqual(totals);
  for (const { account, ...row } of answer.rows) {
    if (account !== undefined) continue;
    const key = 'name' in row ? [row.name] : by.map((name) => row[name]);
    const group = groups.find((one) => !one.isRest && JSON.stringify(one.key) === JSON.stringify(key))!;
    expect(group, JSON.stringify(row)).toBeDefined();
    const first = 'now' in row ? [row.now] : measures.map((name) => row[name]);
    expect(first).toEqual(group.totals);
    if ('before' in row) expect([row.before]).toEqual(group.previous);
    if ('previous' in row) expect(Object.values(row.previous as object)).toEqual(group.previous);
    if ('buckets' in row) expect([row.buckets]).toEqual(group.series);
  }
}
