import { duration, megabytes } from '../../runtime/index.ts';

/** How much of the last minutes is kept. */
export const windowOptions = {
  window: duration('1s', { description: 'how long flows are kept for /flows', default: 600_000 }),
  windowMegabytes: megabytes(65_536, { description: 'memory for them at most', default: 20 * 1_048_576 }),
};
