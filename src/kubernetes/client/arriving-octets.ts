import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../runtime/index.ts';
import { ReflectionFault } from './reflection-fault.ts';
import { SilenceLimit } from './silence-limit.ts';

/** Longest work before other events have their turn. */
const TURN_MS = 10;

/**
 * The chunks of an answer, until it ends. Node may hand over 2 MB in one turn of the event loop. So others
 * have their turn in between.
 * @param limitMs the answer is given up after this time without an octet
 * @throws {ReflectionFault} when the connection is lost or silent
 */
export async function* arrivingOctets(
  response: IncomingMessage,
  clock: Clock,
  limitMs: number,
): AsyncGenerator<Buffer> {
  const silence = new ReflectionFault('silent', `nothing came for ${Math.round(limitMs / 1_000)} s`);
  const limit = new SilenceLimit(clock, limitMs, () => response.destroy(silence));
  let turnMs = clock.monotonic();
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      limit.heard();
      yield chunk;
      if (clock.monotonic() - turnMs < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turnMs = clock.monotonic();
    }
  } catch (cause) {
    if (cause === silence) throw silence;
    throw new ReflectionFault('connection lost', `the connection broke: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    limit.cancel();
    response.destroy();
  }
}
