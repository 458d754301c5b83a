import { describe, expect, it } from 'vitest';
import { MessageCounts } from '../../../src/ipfix/collecting/sequence-counting.ts';
import { SequenceFollower } from '../../../src/ipfix/collecting/sequence-follower.ts';

const T = 1_767_225_600;

interface Message {
  readonly flows: number;
  readonly options?: number;
  readonly templates?: number;
  /** Records of other domains that come before it, each in a message of its own. */
  readonly elsewhere?: number;
  /** It does not come. */
  readonly isLost?: boolean;
}

/** An exporter that numbers its messages in its own way, and what is made of them. */
function follow(messages: readonly Message[], number: (all: Totals, now: MessageCounts) => number) {
  const follower = new SequenceFollower();
  const all = { records: 0, flows: 0, messages: 0, templates: 0, session: 0 };
  const come = { records: 0, messages: 0 };
  const verdicts = messages.map(({ flows, options = 0, templates = 0, elsewhere = 0, isLost }) => {
    const counts = Object.assign(new MessageCounts(), { records: flows + options, flows, templates });
    all.session += elsewhere;
    come.records += elsewhere;
    come.messages += elsewhere;
    const sequenceNumber = number(all, counts) >>> 0;
    all.records += counts.records;
    all.session += counts.records;
    all.flows += flows;
    all.templates += templates;
    all.messages++;
    if (isLost) return 'lost';
    Object.assign(counts, { sessionRecords: come.records, sessionMessages: come.messages });
    come.records += counts.records;
    come.messages++;
    return follower.check(sequenceNumber, T, counts, true);
  });
  return { follower, verdicts };
}

interface Totals {
  readonly records: number;
  readonly flows: number;
  readonly messages: number;
  readonly templates: number;
  readonly session: number;
}

const sizes = [1, 23, 23, 15, 23, 7, 23, 4, 11, 23, 2, 9];
/** Options and templates come with the first message and some later ones. */
const plain: Message[] = sizes.map((flows, i) => ({
  flows,
  ...(i % 3 === 0 && { options: 1, templates: 5 }),
}));
const withLoss = [...plain, { flows: 10, isLost: true }, { flows: 8 }, { flows: 5 }];

describe('the counting unit of sequence numbers', () => {
  it.each<[string, (all: Totals, now: MessageCounts) => number, number]>([
    ['the data records before each message', (all) => all.records, 10],
    ['flow records, those of the message included', (all, now) => all.flows + now.flows, 10],
    ['data records, those of the message included', (all, now) => all.records + now.records, 10],
    ['flow records without options', (all) => all.flows, 10],
    ['data records and templates', (all) => all.records + all.templates, 10],
    ['messages', (all) => all.messages, 1],
    ['nothing', () => 0, 0],
  ])('is learned: %s', (counting, number, lost) => {
    const complete = follow(plain, number).follower;
    expect([complete.counting, complete.lost, complete.undecoded]).toEqual([counting, 0, 0]);
    const { follower, verdicts } = follow(withLoss, number);
    expect(follower.lost).toBe(lost);
    expect(verdicts.slice(-2)).toEqual([lost > 0 ? 'gap' : 'in order', 'in order']);
  });

  it('is learned when it is the records of all domains', () => {
    const mixed = plain.map((message, i) => ({ ...message, elsewhere: i % 2 === 1 ? 3 : 0 }));
    const { follower } = follow(mixed, (all) => all.session);
    expect([follower.counting, follower.lost]).toEqual(['the data records of all observation domains', 0]);
  });

  it('is learned when it is a steady step, such as two for each message of one record', () => {
    const ones = Array.from({ length: 12 }, () => ({ flows: 1 }));
    const { follower } = follow(ones, (all) => 2 + 2 * all.messages);
    expect([follower.counting, follower.lost]).toEqual(['2 for each message', 0]);
  });

  it('is learned from the first record on when templates had another number before', () => {
    const messages = [{ flows: 0, templates: 9 }, { flows: 1 }, { flows: 1 }, { flows: 1 }, { flows: 1 }];
    const { follower } = follow(messages, (all, now) => 1 + all.flows + now.flows);
    expect(follower.lost).toBe(0);
  });

  it('stays standard while that explains all numbers, so losses are reported immediately', () => {
    const { follower, verdicts } = follow(
      [{ flows: 10 }, { flows: 10 }, { flows: 40, isLost: true }, { flows: 10 }],
      (all) => all.records,
    );
    expect(verdicts.at(-1)).toBe('gap');
    expect(follower.lost).toBe(40);
  });

  it('hides no loss that another unit explains by chance; the next message reveals it', () => {
    // The message after the loss has as many records as the two before it: it might be counting its own.
    const messages = [{ flows: 10 }, { flows: 15, isLost: true }, { flows: 25 }, { flows: 3 }, { flows: 8 }];
    const { follower, verdicts } = follow(messages, (all) => all.records);
    expect(verdicts[2]).toBe('in order');
    expect([follower.lost, follower.counting]).toEqual([15, 'the data records before each message']);
  });

  it('hides no loss directly after templates that the exporter sends again', () => {
    const templates = { flows: 0, templates: 1 };
    const records = Array.from({ length: 9 }, () => ({ flows: 1 }));
    const messages = [
      ...[templates, templates, ...records],
      ...[{ flows: 1, isLost: true }, ...records],
      ...[templates, templates, { flows: 1, isLost: true }, ...records],
    ];
    expect(follow(messages, (all) => all.records).follower.lost).toBe(2);
  });

  it('is learned anew when an exporter starts counting by the standard', () => {
    const follower = new SequenceFollower();
    const check = (sequenceNumber: number, flows: number) =>
      follower.check(sequenceNumber, T, Object.assign(new MessageCounts(), { records: flows, flows }), true);
    let included = 0;
    for (const flows of sizes) {
      included += flows;
      check(included, flows);
    }
    expect(follower.counting).toBe('flow records, those of the message included');
    let before = included;
    for (const flows of sizes) {
      check(before, flows);
      before += flows;
    }
    expect(follower.counting).toBe('the data records before each message');
  });
});
