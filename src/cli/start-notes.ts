import { WeirError } from '../runtime/index.ts';
import { formatNote, type Note } from './config/for-agent.ts';

/** @throws {WeirError} when a configuration requires something impossible, with what to set instead */
export function refuseToStart(notes: readonly Note[]): void {
  const reasons = notes.filter(({ stops }) => stops);
  if (reasons.length > 0) {
    throw new WeirError('WEIR_CONFIG_NOT_AVAILABLE', reasons.map(formatNote).join('\n'));
  }
}
