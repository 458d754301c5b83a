import { askResponse } from '../answer/index.ts';
import { JsonLineReader, type RecordLine } from './record-line.ts';

/** Reads records as they come, until the server or the signal ends. Returns how many lines were none. */
export async function readFlows(
  path: string,
  take: (lines: readonly RecordLine[]) => void,
  signal: AbortSignal,
): Promise<number> {
  const response = await askResponse(path, { signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const lines = new JsonLineReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const read = lines.read(value);
    if (read.length > 0) take(read);
  }
  return lines.unreadable;
}
