/** What those who ask and those who answer agree on. Pure: a browser uses it as it is. */

export {
  type AnswerCoverage,
  type ExactCount,
  type Gap,
  type GapReason,
  type Group,
  gapReasons,
  type Query,
  type QueryAnswer,
  type QueryText,
  type TierName,
  type TimeCoverage,
} from './query.ts';
export { questionBounds } from './question-bounds.ts';
