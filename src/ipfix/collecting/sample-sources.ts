import type { SampleNumbers } from '../wire/index.ts';
import { SequenceCheck } from './sequence-check.ts';

/** Maximum sources of one sub-agent that are followed: a large switch has some hundred. */
const MAX_SOURCES = 1_024;
/** Upper bound of the memory of a source with its gaps. */
const SOURCE_OCTETS = 1_024;

interface SampleSource {
  readonly sequence: SequenceCheck;
  drops: number;
}

/**
 * Follows the numbers of the flow samples of one sFlow sub-agent. Each of its sources, such as an interface,
 * numbers its samples, and counts the packets that it could not sample.
 */
export class SampleSources {
  /** Samples that were sent and have not arrived. */
  lost = 0;
  /** Packets that the sources could not sample, since the first sample of each. */
  drops = 0;
  /** Samples of sources beyond the bound. */
  unfollowed = 0;
  /** Kinds of skipped samples that the log has reported. */
  readonly reported = new Set<string>();
  readonly #sources = new Map<number, SampleSource>();
  readonly #onGrowth: (octets: number) => void;

  /** @param onGrowth called with the octets that it takes in addition, or fewer when negative */
  constructor(onGrowth: (octets: number) => void) {
    this.#onGrowth = onGrowth;
  }

  /** Octets of memory, as an upper bound. */
  get octets(): number {
    return this.#sources.size * SOURCE_OCTETS;
  }

  /** @param uptimeSeconds of the agent, when it sent the sample */
  follow({ sourceKind, sourceIndex, sequenceNumber, drops }: SampleNumbers, uptimeSeconds: number): void {
    const key = sourceKind * 2 ** 32 + sourceIndex;
    const known = this.#sources.get(key);
    if (known === undefined && this.#sources.size >= MAX_SOURCES) {
      this.unfollowed++;
      return;
    }
    const source = known ?? this.#open(key, drops);
    const { sequence } = source;
    const { lost } = sequence;
    const verdict = sequence.check(sequenceNumber, uptimeSeconds, 1, true);
    this.lost += sequence.lost - lost;
    if (verdict === 'late' || verdict === 'duplicate') return;
    // A total that falls has started anew.
    this.drops += drops >= source.drops ? drops - source.drops : drops;
    source.drops = drops;
  }

  /** The agent has restarted: its next numbers are no gaps. */
  restart(): void {
    this.#onGrowth(-this.octets);
    this.#sources.clear();
  }

  #open(key: number, drops: number): SampleSource {
    const source = { sequence: new SequenceCheck(), drops };
    this.#sources.set(key, source);
    this.#onGrowth(SOURCE_OCTETS);
    return source;
  }
}
