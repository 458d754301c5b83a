/** What those who ask and those who answer agree on. Pure: a browser uses it as it is. */

export type {
  AnswerCoverage,
  ExactCount,
  Gap,
  Group,
  Query,
  QueryAnswer,
  QueryText,
  TierName,
} from './query.ts';
export { questionBounds } from './question-bounds.ts';
