/** The groups of an answer, their colours, and the marks that stand for them in pictures. */
export {
  askedMeasures,
  type Denial,
  type DrawnGroup,
  drawnGroups,
  isPreviousUnknown,
} from './drawn-group.ts';
export {
  groupLabel,
  groupMark,
  groupTitle,
  jointCounts,
  linkTitle,
  type Mark,
  markText,
  REST_TITLE,
  type ValueTest,
} from './mark.ts';
export { endPair, hasWorkloads, type PairDimensions, workloadPair } from './pair-dimensions.ts';
export { COLOURS, type ColourClass, familyOf, ValueColours } from './value-colours.ts';
