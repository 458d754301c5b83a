import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type CollectorAddress,
  formatCollectorAddress,
  isSecured,
  MessageSessions,
  parseCollectorUrl,
} from '../ipfix/index.ts';
import { defaultsOf, describeError, WeirError } from '../runtime/index.ts';
import { exportingTlsOptions, TlsEnd } from '../tls/index.ts';
import { Ending } from './ending.ts';
import { ExitStatus } from './exit-status.ts';
import { readRecordedFile } from './recorded-file.ts';
import { ReplayPace } from './replay-pace.ts';
import { Replayer } from './replayer.ts';
import { Service } from './service.ts';
import { writeError } from './standard-error.ts';

interface ReplayOptions {
  readonly to: CollectorAddress;
  readonly speed: number;
  readonly fast?: true;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly serverName?: string;
}

const tls = defaultsOf(exportingTlsOptions('agent'));

/** `weir replay`: sends recorded messages to a collector again. */
export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'send the messages of a capture file (pcap, pcapng) or a file of messages (RFC 5655) to a collector again',
    )
    .argument('<file>', 'the file, also a gzip-compressed one; - is standard input')
    .requiredOption('--to <url>', 'the collector, such as tcp://192.0.2.1:4739', readCollector)
    .option('--speed <number>', 'divide the gaps between messages by this number', readSpeed, 1)
    .addOption(new Option('--fast', 'send without gaps').conflicts('speed'))
    .option('--ca <file>', 'tls and dtls: PEM certificates of the authorities of the collector', tls.caFile)
    .option('--cert <file>', 'tls and dtls: PEM certificate to show', tls.certFile)
    .option('--key <file>', 'tls and dtls: PEM private key of the certificate', tls.keyFile)
    .option(
      '--server-name <name>',
      "tls and dtls: name that the collector's certificate must have (default: the host)",
    )
    .action(replayFile)
    .addHelpText(
      'after',
      `
Messages are sent unchanged: each recorded session on a session of its own, with its sequence numbers and export times. Templates that
come after their records in the file are sent before them. Gaps are those of the capture; in a file of messages, those of the export times.
NetFlow can be replayed over udp only. Over udp and dtls nothing tells whether the collector keeps up: --fast may then lose messages.

Standard error gets one JSON object for the first of each kind of part that cannot be sent, then a summary. The exit status is 1 if
anything could not be sent.

Example:
  weir replay yesterday.pcap.gz --to tcp://127.0.0.1:4739 --speed 60
  weir replay flows.ipfix --to tls://collector.example.org --fast`,
    );
}

async function replayFile(file: string, options: ReplayOptions): Promise<void> {
  const service = new Service('warn');
  const { clock } = service;
  const end = tlsEndOf(options, service);
  const sessions = new MessageSessions(options.to, end, clock);
  if (isSecured(options.to)) end.start();
  using ending = new Ending(clock);
  const stop = ending.requested;
  const speed = options.fast ? Number.POSITIVE_INFINITY : options.speed;
  const onRefused = (refusal: object) => writeError(`${JSON.stringify({ file, ...refusal })}\n`);
  const replayer = new Replayer({ sessions, pace: new ReplayPace(clock, speed), clock, stop, onRefused });
  try {
    await replayer.replay(readRecordedFile(file, stop));
  } catch (error) {
    throw error instanceof WeirError ? error : sessionLost(options.to, error);
  } finally {
    end.stop();
    writeError(`${JSON.stringify({ file, summary: replayer.totals })}\n`);
  }
  if (!replayer.isComplete) process.exitCode = ExitStatus.failed;
}

const tlsEndOf = ({ ca, cert, key, serverName }: ReplayOptions, { clock, ledger, log }: Service): TlsEnd =>
  new TlsEnd(
    { ...tls, caFile: ca, certFile: cert, keyFile: key, serverName, isCertificateOptional: true },
    { name: 'replay', clock, log, account: ledger.open('replay', 'messages') },
  );

const sessionLost = (to: CollectorAddress, error: unknown): WeirError =>
  new WeirError(
    'WEIR_REPLAY_CUT_SHORT',
    `the session with ${formatCollectorAddress(to)} ended early: ${describeError(error)}`,
    { cause: error, remedy: 'The summary has what was sent; the collector may lack the last of it' },
  );

function readCollector(text: string): CollectorAddress {
  try {
    return parseCollectorUrl(text);
  } catch (error) {
    throw new InvalidArgumentError(describeError(error));
  }
}

function readSpeed(text: string): number {
  const speed = Number(text);
  if (speed > 0 && Number.isFinite(speed)) return speed;
  throw new InvalidArgumentError('Expected a number above 0, such as 10 or 0.5.');
}
