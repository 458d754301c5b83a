import type { Gap } from '../../../query/contract/index.ts';
import { localText } from '../time/index.ts';

/** Which records are missing, and why. */
export const gapLine = ({ fromMs, toMs, why }: Gap): string =>
  `No records ${localText(fromMs)} – ${localText(toMs)}: ${why}.`;
