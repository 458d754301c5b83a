import fc from 'fast-check';
import { type MessageKind, messageKinds } from '../support/made-exporter.ts';
import { damages } from './damage.ts';
import { type SessionKind, sessionKinds } from './fuzzed-session.ts';
import { type HugeKind, hugeKinds } from './huge-messages.ts';

/** How a stream is cut: not at all, in pieces, octet by octet, or together with the next message. */
const cuts = ['whole', 'pieces', 'octets', 'joined'] as const;

export interface Step {
  /** Which of the exporters sends. */
  readonly exporter: number;
  readonly sends: MessageKind | HugeKind | 'nothing for a while' | 'a new session';
  /** Of the message's content. */
  readonly seed: number;
  readonly cut: (typeof cuts)[number];
  /** The name of the damage to the message; null for none. */
  readonly damage: string | null;
}

/** Several sessions at one collector, whose messages come in turn. */
export interface Round {
  /** Flows for the aggregator, or any records as `weir collect` takes them. */
  readonly collects: 'flows' | 'records';
  readonly exporters: readonly SessionKind[];
  readonly steps: readonly Step[];
}

const sessionKind: fc.Arbitrary<SessionKind> = fc.constantFrom(...sessionKinds);

const EXPORTERS = 3;
const MOST_STEPS = 60;

const step: fc.Arbitrary<Step> = fc.record({
  exporter: fc.nat(EXPORTERS - 1),
  sends: fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(...messageKinds, 'announce' as const, 'data' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...hugeKinds) },
    { weight: 1, arbitrary: fc.constantFrom('nothing for a while' as const, 'a new session' as const) },
  ),
  seed: fc.nat(),
  cut: fc.oneof(
    { weight: 3, arbitrary: fc.constant('whole' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...cuts) },
  ),
  damage: fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(...Object.keys(damages)) },
  ),
});

export const anyRound: fc.Arbitrary<Round> = fc.record({
  collects: fc.constantFrom('flows' as const, 'records' as const),
  exporters: fc.array(sessionKind, { minLength: EXPORTERS, maxLength: EXPORTERS }),
  steps: fc.array(step, { minLength: 1, maxLength: MOST_STEPS, size: 'max' }),
});
