import { configureGlobal } from 'fast-check';

/*
 * Properties try the same inputs in each run, so that only a change can make a run fail. Another seed tries
 * more: `WEIR_SEED=$RANDOM npm test -- test/properties`.
 */
configureGlobal({ seed: Number(process.env.WEIR_SEED ?? 7011) });
