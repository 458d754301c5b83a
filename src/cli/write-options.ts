import { type Command, InvalidArgumentError } from 'commander';
import { type MessageFileOptions, rotationLimits, rotationOptions } from '../forward/index.ts';
import { defaultsOf, parseDuration } from '../runtime/index.ts';

/** What the command line says of the file for received messages. */
export interface WriteOptions {
  readonly write?: string;
  readonly maxSize: number;
  readonly maxOpen: number;
  readonly maxBackups: number;
  readonly maxAge: number;
  readonly compress: boolean;
}

const defaults = defaultsOf(rotationOptions);
const MIN_OPEN_MS = 1_000;

/** Adds the options of a file for received messages, with the names that rotated files have elsewhere. */
export function addWriteOptions(command: Command): Command {
  const { maxSize, maxBackups, maxAge } = rotationOptions;
  return command
    .option('-w, --write <file>', 'also write the messages of IPFIX as they come into a file (RFC 5655)')
    .option('--max-size <number>', `--write: ${maxSize.description}`, readNumber(1), defaults.maxSize)
    .option(
      '--max-open <duration>',
      '--write: begin a new file after this time, such as 1h; 0: only when full',
      readOpen,
      0,
    )
    .option(
      '--max-backups <number>',
      `--write: ${maxBackups.description}`,
      readNumber(0),
      defaults.maxBackups,
    )
    .option('--max-age <number>', `--write: ${maxAge.description}`, readNumber(0), defaults.maxAge)
    .option('--no-compress', '--write: do not gzip old files');
}

/** Undefined without a file to write. */
export function messageFileOptions(options: WriteOptions): MessageFileOptions | undefined {
  const { write: path, maxOpen: maxOpenMs } = options;
  return path === undefined ? undefined : { path, maxOpenMs, ...rotationLimits(options) };
}

const readNumber = (least: number) => (text: string) => {
  const number = Number(text);
  if (/^\d{1,7}$/.test(text) && number >= least && number <= 1_000_000) return number;
  throw new InvalidArgumentError(`expected a whole number from ${least} to 1000000`);
};

function readOpen(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0 || (ms !== undefined && ms >= MIN_OPEN_MS)) return ms;
  throw new InvalidArgumentError('expected a duration from 1s on, such as 10m, or 0');
}
