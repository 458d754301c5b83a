import { WeirError } from '../runtime/index.ts';

/** @param of the use of the memory, such as "for JavaScript" */
export const tooLargeError = (megabytes: number, of = ''): WeirError =>
  new WeirError(
    'WEIR_QUERY_FAILED',
    `the answer needs more memory than ${[`${megabytes} MB`, of].join(' ').trim()}`,
    {
      remedy: 'Ask for less: a shorter time, fewer dimensions or measures, or a smaller top.',
    },
  );
