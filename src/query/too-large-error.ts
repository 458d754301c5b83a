import { WeirError } from '../runtime/index.ts';

/** @param of what the memory is for */
export const tooLargeError = (megabytes: number, of = ''): WeirError =>
  new WeirError(
    'WEIR_QUERY_FAILED',
    `the answer needs more memory than ${[`${megabytes} MB`, of].join(' ').trim()}`,
    {
      remedy: 'Ask for less: a shorter time, fewer dimensions or measures, or a smaller top.',
    },
  );
