import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import {
  type Account,
  type Clock,
  DirectoryLock,
  describeError,
  type Log,
  NO_LINK,
} from '../../runtime/index.ts';
import type { KeptStatements } from '../foreign/index.ts';
import { checkedLines, linesOf } from './kept-lines.ts';
import { type KeptSource, keptSourceOf, statementsAt, templateOf, withoutNames } from './kept-source.ts';
import { NAME_LIFETIMES } from './session-table.ts';
import type { TransportSession } from './transport-session.ts';

/** What exporters have announced. */
const FILE = 'exporters';
/** Its name in earlier versions, when it had templates alone. */
const EARLIER_FILE = 'templates';
/** Maximum octets in the file: of one session, and of all. */
const MAX_SOURCE_OCTETS = 256 * 1024;
const MAX_OCTETS = 8 * 1024 * 1024;
/** Maximum octets of a session that has names: they must not take the room of others' templates. */
const MAX_NAMED_OCTETS = 64 * 1024;
/** How often to look for changes, and how soon repeated announcements are written. */
const LOOK_MS = 1_000;
const REFRESH_MS = 60_000;
/** Writing may take this part of the time: senders with invented addresses must not control the cost. */
const PART_WRITING = 1 / 20;
/** Octets of text that are made in one turn. */
const OCTETS_AT_ONCE = 64 * 1024;

export interface KeptTemplatesParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly account: Account;
  /** The component in the log. */
  readonly name: string;
  readonly templateLifetimeMs: number;
  /** The open sessions. */
  readonly sessions: () => Iterable<TransportSession>;
}

/** A session of an earlier process that has sent nothing to this one yet. */
interface Waiting {
  readonly line: string;
  /** When the youngest of its templates was received, in milliseconds since 1970. */
  readonly receivedMs: number;
}

/**
 * Keeps the templates of sessions over UDP in a file, with sampling rates and names that options have stated,
 * for the next process. Its exporters do not know that Weir has restarted, and may announce all of that only
 * after half an hour.
 */
export class KeptTemplates {
  readonly #directory: string;
  readonly #parts: KeptTemplatesParts;
  /** By protocol and peer. */
  readonly #waiting = new Map<string, Waiting>();
  /** Until a file of today's name replaces it. */
  #hasEarlierFile = false;
  #lock: DirectoryLock | undefined;
  #cancelLook = () => {};
  #saving: Promise<void> = Promise.resolve();
  #isSaving = false;
  #savedChanges = 0;
  #savedRefreshes = 0;
  #savedMs = 0;
  #lastedMs = 0;

  constructor(directory: string, parts: KeptTemplatesParts) {
    this.#directory = directory;
    this.#parts = parts;
  }

  /** @throws {WeirError} WEIR_STATE_DIRECTORY_IN_USE, WEIR_FOLDER_OPEN_TO_ALL; what the system refuses */
  async open(): Promise<void> {
    const what = { path: this.#directory, what: 'state directory' } as const;
    this.#lock = await DirectoryLock.take({ ...what, inUse: 'WEIR_STATE_DIRECTORY_IN_USE' });
    if (!(await this.#read(FILE))) this.#hasEarlierFile = await this.#read(EARLIER_FILE);
    this.#cancelLook = this.#parts.clock.every(LOOK_MS, () => this.#look());
  }

  /** Writes the file once more. */
  async close(): Promise<void> {
    this.#cancelLook();
    if (this.#lock === undefined) return;
    await this.#saving;
    await this.#save();
    await this.#lock.release();
    this.#lock = undefined;
  }

  /** Gives a new session the templates that it had in an earlier process. */
  restore(session: TransportSession): void {
    const key = keyOf(session);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    const { clock, account, templateLifetimeMs } = this.#parts;
    const { domains } = JSON.parse(waiting.line) as KeptSource;
    session.kept = new Map(domains.map((domain) => [domain.id, domain]));
    for (const { id, templates, statements } of domains) {
      if (statements !== undefined) this.#restoreStatements(session, id, statements);
      for (const kept of templates) {
        const ageMs = Math.max(0, clock.now() - kept.receivedMs);
        const template = templateOf(kept);
        const { fields, layout } = template;
        if (ageMs > templateLifetimeMs || !session.templates.hasRoomFor(id, kept.id, fields.length, layout))
          continue;
        session.templates.put(id, template, clock.monotonic() - ageMs);
        account.note('templates restored');
      }
    }
  }

  #restoreStatements(session: TransportSession, id: number, kept: KeptStatements): void {
    const { clock, account, templateLifetimeMs } = this.#parts;
    const [nowMs, wallMs] = [clock.monotonic(), clock.now()];
    const statements = statementsAt(kept, (ms) => nowMs - Math.max(0, wallMs - ms));
    const oldestRatesMs = nowMs - templateLifetimeMs;
    const known = session.foreign(session.domain(id)).statements;
    known.restore(statements, oldestRatesMs, nowMs - NAME_LIFETIMES * templateLifetimeMs);
    const { ratesHeardMs = Number.NEGATIVE_INFINITY } = statements;
    if (ratesHeardMs >= oldestRatesMs) account.note('sampling rates restored');
    account.note('names restored', known.names.size);
  }

  /** @returns whether there is such a file */
  async #read(file: string): Promise<boolean> {
    const { log, name } = this.#parts;
    const path = join(this.#directory, file);
    try {
      await using opened = await open(path, NO_LINK);
      const { size } = await opened.stat();
      if (size > 2 * MAX_OCTETS) throw new Error(`it has ${size} octets`);
      for (const line of linesOf(await opened.readFile('utf8'))) this.#wait(line);
      log.info(name, `${path} has the templates of ${this.#waiting.size} sessions`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      this.#waiting.clear();
      log.warn(
        name,
        `${path} is ignored, so that exporters must announce their templates: ${describeError(error)}`,
      );
    }
    return true;
  }

  #wait(line: string): void {
    const source = JSON.parse(line) as KeptSource;
    const received = source.domains.flatMap(({ templates }) => templates.map(({ receivedMs }) => receivedMs));
    this.#waiting.set(keyOf(source), { line, receivedMs: Math.max(0, ...received) });
  }

  #look(): void {
    const sinceMs = this.#parts.clock.monotonic() - this.#savedMs;
    if (this.#isSaving || sinceMs * PART_WRITING < this.#lastedMs) return;
    const { changes, refreshes } = this.#state();
    const isRefreshed = refreshes !== this.#savedRefreshes && sinceMs >= REFRESH_MS;
    if (changes === this.#savedChanges && !isRefreshed) return;
    this.#isSaving = true;
    this.#saving = this.#save().finally(() => {
      this.#isSaving = false;
    });
  }

  /** Sums that differ when a session has other templates or statements, or has got the same again. */
  #state(): { changes: number; refreshes: number } {
    let changes = 0;
    let refreshes = 0;
    for (const session of this.#parts.sessions()) {
      if (session.protocol !== 'udp') continue;
      changes += session.templates.changes + 1;
      refreshes += session.templates.refreshes;
      for (const { foreign } of session.domains.values()) {
        changes += foreign?.statements.changes ?? 0;
        refreshes += foreign?.statements.refreshes ?? 0;
      }
    }
    return { changes, refreshes };
  }

  async #save(): Promise<void> {
    const { clock, log, name } = this.#parts;
    const { changes, refreshes } = this.#state();
    this.#savedChanges = changes;
    this.#savedRefreshes = refreshes;
    const startMs = clock.monotonic();
    const path = join(this.#directory, FILE);
    try {
      const lines = await this.#lines();
      {
        await using file = await open(`${path}.new`, 'w', 0o600);
        await file.writeFile(checkedLines(lines));
        await file.datasync();
      }
      await rename(`${path}.new`, path);
      if (this.#hasEarlierFile) await rm(join(this.#directory, EARLIER_FILE), { force: true });
      this.#hasEarlierFile = false;
    } catch (error) {
      this.#savedChanges = -1; // try again
      const text = `${path} could not be written, so that the next start may lack templates`;
      log.limited(name, 'templates', `${text}: ${describeError(error)}`);
    }
    this.#savedMs = clock.monotonic();
    this.#lastedMs = this.#savedMs - startMs;
  }

  /** Those with most records first: invented addresses have few. */
  async #lines(): Promise<string[]> {
    const { clock, templateLifetimeMs } = this.#parts;
    const sessions = [...this.#parts.sessions()].filter(({ protocol }) => protocol === 'udp');
    sessions.sort((a, b) => b.records - a.records);
    const room = new LineRoom();
    let turnOctets = 0;
    for (const session of sessions) {
      const source = keptSourceOf(session, (monotonicMs) => clock.wallAt(monotonicMs));
      if (source === undefined) continue;
      const line = room.takeSource(source);
      turnOctets += line.length;
      if (turnOctets < OCTETS_AT_ONCE) continue;
      turnOctets = 0;
      await turn();
    }
    for (const [key, { line, receivedMs }] of this.#waiting) {
      if (clock.now() - receivedMs > templateLifetimeMs) this.#waiting.delete(key);
      else room.take(line);
    }
    if (room.refused > 0) this.#tellRefused(room.refused);
    if (room.unnamed > 0) this.#tellUnnamed(room.unnamed);
    return room.lines;
  }

  #tellRefused(sessions: number): void {
    const { log, name } = this.#parts;
    const text = `the templates of ${sessions} sessions are not kept: they have more than ${MAX_SOURCE_OCTETS} octets, or all more than ${MAX_OCTETS}`;
    log.limited(name, 'templates not kept', text);
  }

  #tellUnnamed(sessions: number): void {
    const { log, name } = this.#parts;
    const text = `the names of interfaces and VRFs of ${sessions} sessions are not kept: with them a session has more than ${MAX_NAMED_OCTETS} octets`;
    log.limited(name, 'names not kept', text);
  }
}

class LineRoom {
  readonly lines: string[] = [];
  refused = 0;
  /** Sessions whose names are left out. */
  unnamed = 0;
  #octets = 0;

  /** @returns the line that it takes */
  takeSource(source: KeptSource): string {
    const whole = JSON.stringify(source);
    const hasNames = source.domains.some(
      ({ statements }) => statements?.interfaces.length || statements?.vrfs.length,
    );
    const isLong = hasNames && Buffer.byteLength(whole) > MAX_NAMED_OCTETS;
    const line = isLong ? JSON.stringify(withoutNames(source)) : whole;
    if (isLong) this.unnamed++;
    this.take(line);
    return line;
  }

  take(line: string): void {
    const octets = Buffer.byteLength(line) + 1;
    if (octets > MAX_SOURCE_OCTETS || this.#octets + octets > MAX_OCTETS) {
      this.refused++;
      return;
    }
    this.#octets += octets;
    this.lines.push(line);
  }
}

const keyOf = ({ exportProtocol, peer }: Pick<KeptSource, 'exportProtocol' | 'peer'>): string =>
  `${exportProtocol} ${peer}`;
