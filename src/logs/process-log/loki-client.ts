import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Logform } from 'winston';
import { type Credentials, type FileComplaint, readCredentials } from '../../http/index.ts';
import { type Clock, printableText, withDeadline } from '../../runtime/index.ts';
import type { LogLine } from './log-line.ts';
import { lokiAgent } from './loki-agent.ts';
import type { ProcessLogOptions } from './process-log-options.ts';

/** Why a batch was not taken. */
export interface PushFailure {
  /** From a bounded set: 'unreachable', 'timeout', 'failed', 'HTTP 503'. */
  readonly kind: string;
  /** For a person. */
  readonly text: string;
  /** Whether Loki would say the same of this batch for ever. */
  readonly isFinal: boolean;
}

/** Without a word from Loki for so long, a push has failed. */
const SILENCE_MS = 5_000;
/** What a push may take altogether. */
const PUSH_MS = 10_000;
const MAX_ERROR_TEXT = 300;

const complaint: FileComplaint = {
  code: 'WEIR_LOG_FILE',
  purpose: 'the log in Loki',
  section: 'weir.log.loki',
};

/**
 * Pushes batches to Loki by winston with winston-loki's transport.
 *
 * A transport and its logger live for one batch. A transport (6.1.7) keeps entries without a bound. After a
 * failure it puts the batch back and sleeps a minute, and a response that breaks off stops it for ever.
 * `close` sends all entries in one request, at once, and settles at its end. With `clearOnError` the
 * transport keeps nothing after a failure. So the caller knows and bounds the waiting entries.
 *
 * Loki has accepted a batch when it answers 2xx. A failed push is not known to be lost: the answer may be
 * lost, and with status 400 Loki accepts the lines without a fault.
 */
export class LokiClient {
  readonly #options: ProcessLogOptions;
  readonly #clock: Clock;
  readonly #winston: Winston;
  /** Breaks off the push under way, at once; what has ended already stays as it is. */
  abandon = () => {};

  private constructor(options: ProcessLogOptions, clock: Clock, winston: Winston) {
    this.#options = options;
    this.#clock = clock;
    this.#winston = winston;
  }

  /**
   * Loads winston, which takes some 70 ms and 20 MB.
   * @throws {WeirError} WEIR_LOG_FILE when a file with headers or authorities cannot be read
   */
  static async open(options: ProcessLogOptions, clock: Clock): Promise<LokiClient> {
    await readCredentials(options, complaint);
    return new LokiClient(options, clock, await loadWinston());
  }

  /** One push at a time. @returns why the batch was not taken; undefined when it was */
  async push(batch: readonly LogLine[]): Promise<PushFailure | undefined> {
    const abandoned = new Promise<never>((_, reject) => {
      this.abandon = () => reject(new Error('broken off'));
    });
    const end = Promise.race([this.#pushWithCredentials(batch, abandoned), abandoned]);
    try {
      await withDeadline(this.#clock, end, PUSH_MS);
      return undefined;
    } catch (error) {
      return failureOf(error as Error);
    } finally {
      this.abandon();
    }
  }

  async #pushWithCredentials(batch: readonly LogLine[], abandoned: Promise<never>): Promise<void> {
    const { headers, authorities } = await readCredentials(this.#options, complaint);
    const agent = lokiAgent(this.#options.url, authorities);
    abandoned.catch(() => agent.destroy());
    await this.#send(batch, headers, agent);
  }

  async #send(batch: readonly LogLine[], headers: Credentials['headers'], agent: HttpAgent): Promise<void> {
    const { url, tenant, serviceName, labels } = this.#options;
    const { createLogger, LokiTransport, passOn, lineOnly } = this.#winston;
    let failure: unknown;
    const transport = new LokiTransport({
      host: url,
      headers: { ...headers, ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }) },
      labels: { ...labels, service_name: serviceName },
      json: true,
      format: lineOnly,
      timeout: SILENCE_MS,
      replaceTimestamp: false,
      clearOnError: true,
      gracefulShutdown: false, // it would end the process at a signal, before flows are drained
      httpAgent: agent,
      httpsAgent: agent as HttpsAgent,
      onConnectionError: (error) => {
        failure = error;
      },
    });
    const logger = createLogger({ level: 'debug', format: passOn, transports: [transport] });
    // A stream hands on some of what is written to it later: the transport says when it has each.
    await new Promise<void>((resolve) => {
      let waiting = batch.length;
      transport.on('logged', () => --waiting === 0 && resolve());
      for (const { level, timeMs, line } of batch) logger.log({ level, message: line, timestamp: timeMs });
    });
    await transport.close();
    logger.close();
    if (failure !== undefined) throw failure;
  }
}

type Winston = Awaited<ReturnType<typeof loadWinston>>;

async function loadWinston() {
  const { createLogger, format } = (await import('winston')).default;
  const { default: LokiTransport } = await import('winston-loki');
  const [level, message] = [Symbol.for('level'), Symbol.for('message')] as const;
  return {
    createLogger,
    LokiTransport,
    passOn: format((info) => info)(),
    /**
     * What would be left besides these the transport would send as structured metadata, the level a second
     * time.
     */
    lineOnly: format((info) => {
      const { timestamp, message: line } = info;
      return { timestamp, [level]: info[level], [message]: line } as unknown as Logform.TransformableInfo;
    })(),
  };
}

/**
 * 400: lines that Loki does not want; 413: more than something on the way lets through. All else may pass,
 * also a token that is not known yet.
 */
const finalStatuses = [400, 413];

function failureOf(error: Error & { statusCode?: number; code?: string }): PushFailure {
  const { statusCode, code, message } = error;
  const text = printableText(message || code || 'no reason given').slice(0, MAX_ERROR_TEXT);
  if (statusCode !== undefined)
    return { kind: `HTTP ${statusCode}`, text, isFinal: finalStatuses.includes(statusCode) };
  if (/timed out|not done within/.test(message)) return { kind: 'timeout', text, isFinal: false };
  const isUnreachable = code !== undefined && !/^(WEIR|HPE)_/.test(code);
  return { kind: isUnreachable ? 'unreachable' : 'failed', text, isFinal: false };
}
