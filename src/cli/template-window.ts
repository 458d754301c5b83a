import type { RecordedMessage } from './recorded-message.ts';

/** Maximum octets that wait for templates, and what a message counts beside its own. */
const MAX_OCTETS = 16 * 1024 * 1024;
const MESSAGE_OCTETS = 4_096;

/**
 * Holds messages while the first of them lacks a template, so that all stay in order. What still lacks one
 * leaves when the window is full or the file ends.
 */
export class TemplateWindow {
  readonly #messages: RecordedMessage[] = [];
  #octets = 0;

  /** Takes a message, and returns those that leave. */
  *take(message: RecordedMessage): Generator<RecordedMessage> {
    this.#messages.push(message);
    this.#octets += octetsOf(message);
    for (let first = this.#messages[0]; first !== undefined; first = this.#messages[0]) {
      if (waitsForTemplate(first) && this.#octets <= MAX_OCTETS) return;
      yield this.#leave();
    }
  }

  /** The file ends: all leave. */
  *rest(): Generator<RecordedMessage> {
    while (this.#messages.length > 0) yield this.#leave();
  }

  #leave(): RecordedMessage {
    const message = this.#messages.shift()!;
    this.#octets -= octetsOf(message);
    message.countAgain();
    return message;
  }
}

/** NetFlow has no message of templates that could go first. Its collectors hold records themselves. */
const waitsForTemplate = (message: RecordedMessage): boolean =>
  message.captured.session.exportProtocol === 'ipfix' && message.lacksTemplates;

const octetsOf = ({ captured }: RecordedMessage): number => captured.octets.length + MESSAGE_OCTETS;
