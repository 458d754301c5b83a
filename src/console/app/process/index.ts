/** What the process behind the console says of itself: its ledger, its metrics, whether it is ready. */
export {
  type Hop,
  type HopLoss,
  hopLosses,
  hopsOf,
  readsNoFirewall,
  type Stage,
  stages,
  stageTitles,
} from './hops.ts';
export { expectAnswered, useLack } from './lacks.ts';
export { readSamples, type Sample, valuesOf } from './samples.ts';
export { askLedger, askReadiness, askSamples, askStart, type ReadinessText } from './statements.ts';
export { type Polled, usePolled } from './use-polled.ts';
