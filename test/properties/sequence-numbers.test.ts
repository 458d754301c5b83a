import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageCounts } from '../../src/ipfix/collecting/sequence-counting.ts';
import { SequenceFollower } from '../../src/ipfix/collecting/sequence-follower.ts';

const runs = process.env.CI === undefined ? 1000 : 3000;

/** Messages in a row that are alike, and what happens to each of them. */
const stretch = fc.record({
  messages: fc.integer({ min: 1, max: 12 }),
  flows: fc.constantFrom(0, 1, 1, 2, 3, 200),
  options: fc.constantFrom(0, 0, 0, 1),
  templates: fc.constantFrom(0, 0, 0, 1),
  /** Records of other domains before each message. */
  elsewhere: fc.constantFrom(0, 0, 0, 2),
  fate: fc.constantFrom('arrives', 'arrives', 'arrives', 'is lost', 'arrives twice', 'is read in part'),
  seconds: fc.constantFrom(0, 0, 1),
});
/** What the exporter counts: as RFC 7011 requires, with the message's own records, messages, or nothing. */
const countings = fc.constantFrom('before', 'before', 'before', 'own', 'messages', 'nothing');
/** Where its count begins, so that some wrap. */
const starts = fc.constantFrom(0, 0, 7, 2 ** 31 - 3, 2 ** 32 - 3, 2 ** 32 - 200);

/** Two followers of the same messages: one takes what shows nothing new, the other checks each. */
class TwoFollowers {
  taken = 0;
  seconds = 1_767_225_600;
  readonly #taking = new SequenceFollower();
  readonly #checking = new SequenceFollower();
  readonly byTaking: unknown[] = [];
  readonly byChecking: unknown[] = [];
  #sessionRecords = 0;
  #sessionMessages = 0;

  arriveElsewhere(messages: number): void {
    this.#sessionRecords += messages;
    this.#sessionMessages += messages;
  }

  arrive(sequenceNumber: number, counts: MessageCounts, isWhole: boolean): void {
    counts.sessionRecords = this.#sessionRecords;
    counts.sessionMessages = this.#sessionMessages++;
    this.#sessionRecords += counts.records;
    const [taking, checking] = [this.#taking, this.#checking];
    const isTaken = isWhole && taking.takeNext(sequenceNumber, this.seconds, counts);
    if (isTaken) this.taken++;
    const verdict = isTaken ? 'in order' : taking.check(sequenceNumber, this.seconds, counts, isWhole);
    this.byTaking.push([verdict, taking.lost, taking.undecoded, taking.counting]);
    const expected = checking.check(sequenceNumber, this.seconds, counts, isWhole);
    this.byChecking.push([expected, checking.lost, checking.undecoded, checking.counting]);
  }
}

describe('a follower of sequence numbers that takes what shows nothing new', () => {
  it('finds the same as one that checks each message', () => {
    let taken = 0;
    fc.assert(
      fc.property(
        fc.array(stretch, { minLength: 1, maxLength: 12 }),
        countings,
        starts,
        (play, way, start) => {
          const followers = new TwoFollowers();
          let number = start;
          for (const { messages, flows, options, templates, elsewhere, fate, seconds } of play) {
            for (let i = 0; i < messages; i++) {
              followers.arriveElsewhere(elsewhere);
              followers.seconds += seconds;
              const counts = Object.assign(new MessageCounts(), {
                records: flows + options,
                flows,
                templates,
              });
              const sequenceNumber = (number + (way === 'own' ? counts.records : 0)) >>> 0;
              number += { before: counts.records, own: counts.records, messages: 1, nothing: 0 }[way];
              if (fate !== 'is lost') followers.arrive(sequenceNumber, counts, fate !== 'is read in part');
              if (fate === 'arrives twice') followers.arrive(sequenceNumber, counts, true);
            }
          }
          expect(followers.byTaking).toEqual(followers.byChecking);
          taken += followers.taken;
        },
      ),
      { numRuns: runs },
    );
    expect(taken).toBeGreaterThan(runs);
  });
});
