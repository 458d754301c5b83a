import { onTestFinished } from 'vitest';
import { Aggregator, type AggregatorOptions } from '../../src/aggregator/index.ts';
import type { FlowBatch, FlowRecord } from '../../src/flow/index.ts';
import { ExporterHistories } from '../../src/ipfix/collecting/exporter-histories.ts';
import { MessageDecoder } from '../../src/ipfix/collecting/message-decoder.ts';
import { RecordDelivery } from '../../src/ipfix/collecting/record-delivery.ts';
import { TransportSession } from '../../src/ipfix/collecting/transport-session.ts';
import { Turns } from '../../src/ipfix/collecting/turns.ts';
import { protocolOf, sessionKeyOf } from '../../src/ipfix/export-protocol.ts';
import { type AccountStatement, Ledger } from '../../src/runtime/index.ts';
import { FakeClock } from './fake-clock.ts';
import { exportTime } from './foreign-messages.ts';
import { keptLog } from './ipfix.ts';

/**
 * A collector and an aggregator without a socket between them. The clock stands at the messages' export time.
 * At the end of the test, the accounts must balance.
 */
export class ForeignBed {
  readonly clock = new FakeClock();
  readonly ledger = new Ledger();
  readonly histories = new ExporterHistories();
  /** The records as collected. */
  readonly collected: FlowRecord[] = [];
  readonly lines: string[];
  readonly #reports: FlowBatch[] = [];
  readonly #aggregator: Aggregator;
  readonly #decoder: MessageDecoder;
  readonly #sessions = new Map<string, TransportSession>();
  readonly #keeper = {
    now: () => this.clock.now(),
    grow: () => {},
    admits: () => true,
    note: () => {},
    hear: () => {},
  };
  #taken = 0;

  constructor(options: AggregatorOptions = {}) {
    const { clock, ledger } = this;
    clock.advance(exportTime * 1000 - clock.now());
    const { log, lines } = keptLog(clock);
    this.lines = lines;
    const outlet = {
      write: (batch: FlowBatch) => void this.#reports.push(batch),
      room: async () => {},
      hasRoomFor: () => true,
    };
    this.#aggregator = new Aggregator({ clock, ledger, outlet }, options);
    void this.#aggregator.start();
    const messages = ledger.open('messages', 'messages');
    const records = ledger.open('collector', 'records');
    const onBatch = (batch: FlowBatch) => {
      this.collected.push(...batch);
      this.#aggregator.accept(batch);
    };
    const { histories } = this;
    const turns = new Turns(() => 0); // no turn is ever over
    const account = records;
    const delivery = new RecordDelivery(
      { onBatch },
      { account, log, clock, histories, batchRows: 64, turns },
    );
    const name = 'collector';
    this.#decoder = new MessageDecoder({
      clock,
      log,
      name,
      messages,
      records,
      delivery,
      histories,
      holdMs: 5_000,
      turns,
    });
    onTestFinished(async () => {
      await this.#aggregator.stop(1_000);
      if (!ledger.isClosed) throw new Error(`the ledger does not close: ${JSON.stringify(ledger)}`);
    });
  }

  /** Takes messages of one exporter, each in its own datagram. */
  receive(messages: readonly Uint8Array[], peer = '192.0.2.1:4739'): void {
    for (const message of messages) {
      const session = this.#sessionOf(peer, message);
      this.#decoder.read(session, message, 0, message.length);
      this.#decoder.deliver();
    }
  }

  #sessionOf(peer: string, message: Uint8Array): TransportSession {
    const protocol = protocolOf(message) ?? 'ipfix';
    const key = `${peer} ${sessionKeyOf(protocol, message)}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const session = new TransportSession('udp', peer, this.#keeper, () => {}, { exportProtocol: protocol });
    this.#sessions.set(key, session);
    return session;
  }

  /** The records reported while this much time passes. */
  pass(ms = 2_000): FlowRecord[] {
    this.clock.advance(ms);
    const fresh = this.#reports.slice(this.#taken);
    this.#taken = this.#reports.length;
    return fresh.flatMap((batch) => [...batch]);
  }

  /** The account of records or messages of the collector, or of records of the aggregator. */
  account(name: 'collector' | 'messages' | 'aggregator' = 'collector'): AccountStatement {
    return this.ledger.toJSON().find((account) => account.name === name)!;
  }
}
