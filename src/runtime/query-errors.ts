/** The errors of questions about flows, as `errorTexts` has them. */
export const queryErrors = {
  WEIR_QUERY_BUSY: {
    meaning: 'Too many questions about flows wait for their answers.',
    cause: 'Many clients ask at a time, or one asks much. Each answer reads a part of the history.',
    remedy: 'Ask again in some seconds.',
  },
  WEIR_QUERY_FAILED: {
    meaning: 'A question about flows has no answer.',
    cause:
      'It needs more memory than a question has, or the process that answers it has died. No other question, and no flow, is affected.',
    remedy: 'Ask for less: a shorter time, fewer dimensions or measures, or a smaller top.',
  },
  WEIR_USAGE_QUERY: {
    meaning: 'A question about flows or events is wrong.',
    cause: 'The message names the value, what was expected and what was found.',
    remedy: '"weir query --help" shows all dimensions and measures.',
  },
  WEIR_QUERY_SLOW: {
    meaning: 'The answer to a question about flows takes too long.',
    cause: 'The history has many records in the asked time, or the machine is busy.',
    remedy: 'Ask about a shorter time, or group by fewer dimensions.',
  },
} as const;
