/** Questions to the server, and what becomes of their answers. */
export {
  AskFault,
  askCancellable,
  askJson,
  askQuery,
  askResponse,
  cancelAsking,
  isAsking,
  refreshAnswers,
  refreshes,
} from './asking.ts';
export { gapLine } from './gap-line.ts';
export { useAfterPaint } from './use-after-paint.ts';
export { type Feed, useAnswer } from './use-answer.ts';
