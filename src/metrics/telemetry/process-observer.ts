import { readdir, readFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../../runtime/index.ts';
import type { Observations } from './observations.ts';

/** Interval of the measuring timer. The histogram has whole intervals; the delay is what exceeds this one. */
const RESOLUTION_MS = 50;
const WINDOW_MS = 60_000;

/** Event-loop delay in seconds. */
interface Delays {
  readonly p50: number;
  readonly p99: number;
}

/** Reports what the operating system and Node know about this process. */
export class ProcessObserver {
  readonly #clock: Clock;
  /** When the process started, in monotonic time. */
  readonly #startedMs: number;
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  /** Delays of the last whole window. */
  #delays: Delays | undefined;
  #stopTurning = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedMs = clock.monotonic() - performance.now();
  }

  start(): void {
    this.#histogram.enable();
    this.#stopTurning = this.#clock.every(WINDOW_MS, () => {
      this.#delays = this.#read();
      this.#histogram.reset();
    });
  }

  stop(): void {
    this.#stopTurning();
    this.#histogram.disable();
  }

  async observe(into: Observations): Promise<void> {
    const { user, system } = process.cpuUsage();
    into.add('process_start_time_seconds', this.#clock.wallAt(this.#startedMs) / 1000, {});
    into.add('process_cpu_seconds_total', (user + system) / 1e6, {});
    into.add('process_resident_memory_bytes', process.memoryUsage.rss(), {});
    const { p50, p99 } = this.#delays ?? this.#read();
    into.add('weir_event_loop_delay_p50_seconds', p50, {});
    into.add('weir_event_loop_delay_p99_seconds', p99, {});
    await observeFiles(into);
  }

  /** The histogram has whole intervals between two runs of the timer. */
  #read(): Delays {
    const lateBy = (percentile: number) =>
      this.#histogram.count === 0
        ? 0
        : Math.max(0, this.#histogram.percentile(percentile) / 1e9 - RESOLUTION_MS / 1000);
    return { p50: lateBy(50), p99: lateBy(99) };
  }
}

async function observeFiles(into: Observations): Promise<void> {
  const [open, limits] = await Promise.all([readdir('/proc/self/fd'), readFile('/proc/self/limits', 'utf8')]);
  into.add('process_open_fds', open.length, {});
  // proc_pid_limits(5): name, soft limit, hard limit, unit
  const most = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  if (most !== undefined) into.add('process_max_fds', Number(most), {});
}
