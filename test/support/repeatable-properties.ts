import { configureGlobal } from 'fast-check';

/*
 * Properties try the same inputs in each run, so that a red run is red for what was changed. To look for
 * more, give another seed: `WEIR_SEED=$RANDOM npm test -- test/properties`.
 */
configureGlobal({ seed: Number(process.env.WEIR_SEED ?? 7011) });
