import type { CollectingProcess } from '../ipfix/index.ts';
import type { Component } from '../runtime/index.ts';
import { readRecordedFile } from './recorded-file.ts';
import { errorRoom, writeError } from './standard-error.ts';

export interface FileSourceParts {
  readonly collector: CollectingProcess;
  /** Resolves when the consumers of records have room for more. */
  readonly room: () => Promise<unknown> | undefined;
}

/**
 * Reads files of messages and captures, one after another, as if their exporters sent them to the collector.
 */
export class FileSource implements Component {
  readonly name = 'files';
  /** Resolves when all files are read; rejects when one cannot be opened. */
  readonly done: Promise<void>;
  readonly #files: readonly string[];
  readonly #parts: FileSourceParts;
  readonly #stop = Promise.withResolvers<void>();
  readonly #finish = Promise.withResolvers<void>();
  #faults = 0;
  #isStopped = false;
  #isDone = false;

  constructor(files: readonly string[], parts: FileSourceParts) {
    this.#files = files;
    this.#parts = parts;
    this.done = this.#finish.promise;
  }

  /** Whether all of the files could be read. */
  get isComplete(): boolean {
    return !this.#isStopped && this.#faults === 0 && this.#parts.collector.readings.decodeErrors.length === 0;
  }

  async start(): Promise<void> {
    this.#readAll().then(this.#finish.resolve, this.#finish.reject);
  }

  async stop(): Promise<void> {
    this.#isStopped ||= !this.#isDone;
    this.#stop.resolve();
    await this.done.catch(() => {}); // whoever awaits `done` has the error
  }

  async #readAll(): Promise<void> {
    for (const file of this.#files) {
      if (!this.#isStopped) await this.#read(file);
    }
    this.#isDone = true;
  }

  async #read(file: string): Promise<void> {
    const { collector, room } = this.#parts;
    for await (const item of readRecordedFile(file, this.#stop.promise)) {
      if (this.#isStopped) return;
      if ('octets' in item) await collector.readRecorded(item.session, item.octets);
      else {
        this.#faults++;
        writeError(`${JSON.stringify({ file, ...item })}\n`);
        await errorRoom();
      }
      await room();
    }
  }
}
