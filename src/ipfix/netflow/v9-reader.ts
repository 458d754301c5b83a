import { endOfSets, type MessageFormat, setReader } from '../wire/index.ts';
import { readNetflowHeader } from './netflow-header.ts';
import { readV9Template, v9OptionsTemplateSetId, v9TemplateSetId } from './v9-templates.ts';

/**
 * Messages of NetFlow v9. Each is a whole datagram: its header has no length. As in IPFIX, a message whose
 * sets exceed it is discarded, and a fault inside a set costs the rest of that set. Zero octets after the
 * last set are padding.
 *
 *     header (20) | sets, each: id (2) | length, including these four octets (2) | …
 *
 * RFC 3954 section 5.
 */
export const v9Format: MessageFormat = {
  open(message) {
    const { sets, handler } = message;
    const header = readNetflowHeader(message, 9);
    if (header === undefined) return false;
    const firstSet = sets.offset;
    const setsEnd = endOfSets(sets, message, true);
    if (setsEnd < 0) return false;
    handler.header?.(header);
    sets.offset = firstSet;
    sets.end = setsEnd;
    return true;
  },
  readSet: setReader(v9TemplateSetId, v9OptionsTemplateSetId, readV9Template),
};
