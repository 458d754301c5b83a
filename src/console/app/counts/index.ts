/** Exact counts, and their texts. */
export { changeText, exactOf, shareText, sumExact } from './exact-count.ts';
export {
  averageText,
  axisText,
  axisValue,
  exactText,
  isRate,
  measureText,
  unreadableText,
} from './measure-text.ts';
