import type { Random } from './random.ts';
import { corpusMinutes, judgedFromMinute, type Stretch } from './timeline.ts';

const tries = 400;

/** Which object is busy with what and when, so that incidents can be distinguished. */
export class Calendar {
  readonly #random: Random;
  readonly #busy: { thing: string; during: Stretch }[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * A stretch of the judged week in which nothing else happens to `thing` (for `cluster`: to any workload),
   * with a pause around it. It is the first that suits, or undefined when the week is too full. Events that
   * last for days may overlap with events of the cluster.
   */
  reserve(
    thing: string,
    minutes: number,
    suits: (during: Stretch) => boolean = () => true,
    pauseMinutes = 120,
    lastsForDays = false,
  ): Stretch | undefined {
    for (let attempt = 0; attempt < tries; attempt++) {
      const from = this.#random.integer(judgedFromMinute + 180, corpusMinutes - Math.ceil(minutes) - 180);
      const during = { from, to: from + Math.ceil(minutes) };
      const around = { from: during.from - pauseMinutes, to: during.to + pauseMinutes };
      if (this.#isBusy(thing, around, lastsForDays) || !suits(during)) continue;
      this.#busy.push({ thing, during });
      return during;
    }
    return undefined;
  }

  isFree(thing: string, during: Stretch): boolean {
    return !this.#isBusy(thing, during, false);
  }

  #isBusy(thing: string, { from, to }: Stretch, despiteCluster: boolean): boolean {
    return this.#busy.some(
      (other) =>
        (other.thing === thing ||
          (!despiteCluster &&
            isOfTraffic(thing) &&
            isOfTraffic(other.thing) &&
            [thing, other.thing].includes('cluster'))) &&
        other.during.from < to &&
        from < other.during.to,
    );
  }
}

function isOfTraffic(thing: string): boolean {
  return thing === 'cluster' || thing.startsWith('workload ');
}
