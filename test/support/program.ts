import { type ChildProcess, spawn } from 'node:child_process';
import { undoAtExit } from './leftovers.ts';
import { type Patience, until } from './until.ts';

export interface ProgramOptions {
  /** Written to standard input, which is then closed. Without it standard input is empty. */
  input?: string | Uint8Array;
  /** Variables beside the environment of the tests. */
  environment?: Record<string, string>;
  directory?: string;
  /** Opens a Node IPC channel, for programs that are Node: `program.process.send`, `.on('message')`. */
  ipc?: boolean;
  /** Receives standard output piece by piece, in place of `stdout`. */
  onStdout?: (text: string) => void;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A program that a test started: its output so far, its end, and a way to end it by its id. */
export class Program implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly command: readonly string[];
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(command: readonly string[], options: ProgramOptions = {}) {
    this.command = command;
    const [file, ...args] = command;
    this.process = spawn(file!, args, {
      stdio: ['pipe', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
      env: { ...process.env, ...options.environment },
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
    });
    const takeBack = undoAtExit(() => this.process.kill('SIGKILL'));
    const keep = (text: string) => {
      this.stdout += text;
    };
    this.process.stdout!.setEncoding('utf8').on('data', options.onStdout ?? keep);
    this.process.stderr!.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    this.process.stdin!.on('error', () => {}); // a program may end before it has read its input
    this.process.stdin!.end(options.input ?? '');
    this.ended = new Promise((resolve, reject) => {
      this.process.once('error', (error) => {
        takeBack();
        reject(new Error(`cannot start ${this}: ${error.message}`));
      });
      this.process.once('close', (code, signal) => {
        takeBack();
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
    this.ended.catch(() => {}); // reported to those who await it; no unhandled rejection before
  }

  get pid(): number {
    return this.process.pid!;
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /**
   * Waits until `pattern` occurs in standard output or standard error. Throws if the program ends first.
   */
  async says(pattern: RegExp, patience?: Patience): Promise<RegExpMatchArray> {
    const look = () => this.stdout.match(pattern) ?? this.stderr.match(pattern);
    return until(
      `${pattern} from ${this}`,
      async () => {
        const found = look();
        if (found || this.running) return found;
        await this.ended;
        return look() ?? Promise.reject(new Error(`ended before it said ${pattern}: ${this.account()}`));
      },
      patience,
    );
  }

  /**
   * Asks the program to end, and sends SIGKILL after `graceMs`. Returns how it ended, also if it had already.
   */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 60_000): Promise<Ended> {
    if (this.running) this.process.kill(signal);
    const insist = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(insist);
    }
  }

  /** Waits for the end and returns standard output. Throws with the whole account unless the status is 0. */
  async succeeds(timeoutMs = 120_000): Promise<string> {
    const insist = setTimeout(() => this.process.kill('SIGKILL'), timeoutMs);
    try {
      const { code, stdout } = await this.ended;
      if (code !== 0) throw new Error(this.account());
      return stdout;
    } finally {
      clearTimeout(insist);
    }
  }

  /** The command, its end and its output, for an error's message. */
  account(): string {
    const { exitCode, signalCode } = this.process;
    const said = [this.stderr, this.stdout].map((text) => text.trim().slice(-2_000)).filter(Boolean);
    return [`${this} ended with ${signalCode ?? exitCode ?? 'nothing yet'}`, ...said].join('\n');
  }

  toString(): string {
    return this.command.join(' ');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGTERM', 5_000).catch(() => {}); // no test asks how it ended
  }
}

/** Runs a program to its end and returns its standard output; throws when it fails. */
export function run(command: readonly string[], options?: ProgramOptions): Promise<string> {
  return new Program(command, options).succeeds();
}
